# SPDX-License-Identifier: Apache-2.0
"""Cinder: API, scheduler, and a volume service that keeps its volumes in Ceph (RBD)."""

from pathlib import Path

from . import commands, databases, wsgi
from .deployment import Deployment
from .processes import Processes
from .templates import authtoken, login, write

DAEMONS = ("cinder-scheduler", "cinder-volume")


def configure(deployment: Deployment) -> None:
    """Write the configuration."""
    for directory in ("conversion", "coordination", "locks"):
        (deployment.data / "cinder" / directory).mkdir(parents=True, exist_ok=True)
    write(deployment, "rootwrap.conf", deployment.etc / "cinder/rootwrap.conf")
    write(
        deployment,
        "cinder.conf",
        _config(deployment),
        database_url=deployment.database_url("cinder"),
        authtoken=authtoken(deployment, "cinder", "block-storage"),
        login=login(deployment, "cinder"),
        nova_login=login(deployment, "nova"),
    )


def make_database(deployment: Deployment) -> str | None:
    """Make the database."""

    def migrate() -> None:
        argv = ["cinder-manage", "--config-file", str(_config(deployment)), "db", "sync"]
        log = deployment.logs / "cinder-manage.log"
        commands.run("cinder-manage", argv, log, deployment.environment())

    return databases.ensure(deployment, "cinder", ["cinder"], migrate)


def start_api(deployment: Deployment, processes: Processes) -> str | None:
    """Start the API."""
    arguments = ("--pyargv", f"--config-file {_config(deployment)}")
    module = "cinder.wsgi.api"
    return wsgi.start(deployment, processes, "cinder-api", "cinder", module, *arguments)


def start_daemons(deployment: Deployment, processes: Processes) -> str | None:
    """Start the scheduler and the volume service."""
    env = deployment.environment()
    argv = ["--config-file", str(_config(deployment))]
    started = [name for name in DAEMONS if processes.start(name, [name, *argv], env)]
    return f"{', '.join(started)} started" if started else None


def _config(deployment: Deployment) -> Path:
    return deployment.etc / "cinder/cinder.conf"
