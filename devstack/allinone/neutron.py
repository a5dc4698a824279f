# SPDX-License-Identifier: Apache-2.0
"""Neutron with ML2 and OVN: the API and the OVN maintenance worker."""

from . import commands, databases, wsgi
from .deployment import Deployment
from .processes import Processes
from .templates import authtoken, login, write

FILES = ("neutron.conf", "ml2_conf.ini")
MAINTENANCE = "neutron-ovn-maintenance"


def configure(deployment: Deployment) -> None:
    """Write the configuration."""
    (deployment.data / "neutron/locks").mkdir(parents=True, exist_ok=True)
    directory = deployment.etc / "neutron"
    write(
        deployment,
        "neutron.conf",
        directory / "neutron.conf",
        database_url=deployment.database_url("neutron"),
        authtoken=authtoken(deployment, "neutron", "network"),
        login=login(deployment, "neutron"),
        nova_login=login(deployment, "nova"),
    )
    write(deployment, "ml2_conf.ini", directory / "ml2_conf.ini", ovsdb=deployment.ovsdb)


def make_database(deployment: Deployment) -> str | None:
    """Make the database."""

    def migrate() -> None:
        argv = ["neutron-db-manage", *_arguments(deployment), "upgrade", "heads"]
        log = deployment.logs / "neutron-db-manage.log"
        commands.run("neutron-db-manage", argv, log, deployment.environment())

    return databases.ensure(deployment, "neutron", ["neutron"], migrate)


def start_api(deployment: Deployment, processes: Processes) -> str | None:
    """Start the API."""
    env = {
        "OS_NEUTRON_CONFIG_DIR": str(deployment.etc / "neutron"),
        "OS_NEUTRON_CONFIG_FILES": ";".join(FILES),
    }
    return wsgi.start(deployment, processes, "neutron-api", "neutron", "neutron.wsgi.api", **env)


def start_maintenance(deployment: Deployment, processes: Processes) -> str | None:
    """Start the worker that repairs what differs between Neutron and OVN."""
    argv = ["neutron-ovn-maintenance-worker", *_arguments(deployment)]
    started = processes.start(MAINTENANCE, argv, deployment.environment())
    return f"{MAINTENANCE} started" if started else None


def _arguments(deployment: Deployment) -> list[str]:
    directory = deployment.etc / "neutron"
    return [word for name in FILES for word in ("--config-file", str(directory / name))]
