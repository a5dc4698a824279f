# SPDX-License-Identifier: Apache-2.0
"""Nova: API, conductor, scheduler, and compute hosts with Nova's own fake hypervisor or libvirt.

A second cell, if there is one, has a conductor, a compute host, a database with a user of its own
and a virtual host of RabbitMQ.
"""

import shutil

from . import commands, databases, libvirt, mariadb, wsgi
from .deployment import ADDRESS, SECOND_CELL_COMPUTES, Deployment
from .errors import StandaloneError
from .processes import Processes
from .templates import authtoken, login, write

DAEMONS = ("nova-conductor", "nova-scheduler")
SECOND_CONDUCTOR = "nova-conductor-cell2"
SECOND_CELL = "cell2"  # also the name of its database user and of RabbitMQ's virtual host
REVIVE = "revive"  # the mark that says which hosts have forgotten their guests

# filled in by Nova from its own configuration, so that neither ports nor passwords are stored
DATABASE = "{scheme}://{username}:{password}@{hostname}:{port}/%s?{query}"
TRANSPORT = "{scheme}://{username}:{password}@{hostname}:{port}/"
SECOND_DATABASE = (
    f"{{scheme}}://{SECOND_CELL}:{{password}}@{{hostname}}:{{port}}/nova_cell2?{{query}}"
)


def configure(deployment: Deployment) -> None:
    """Write the configuration."""
    directory = deployment.etc / "nova"
    (deployment.data / "nova/locks").mkdir(parents=True, exist_ok=True)
    write(
        deployment,
        "nova.conf",
        directory / "nova.conf",
        database_url=deployment.database_url("nova"),
        api_database_url=deployment.database_url("nova_api"),
        authtoken=authtoken(deployment, "nova", "compute"),
        login=login(deployment, "nova"),
        # with real guests, there is one host only
        resize_to_same_host=deployment.has_guests,
    )
    write(
        deployment,
        "nova-cell2.conf",
        directory / "cell2.conf",
        database_url=deployment.database_url("nova_cell2", SECOND_CELL),
    )
    for host in deployment.computes:
        for name in ("locks", "instances"):
            (deployment.data / host / name).mkdir(parents=True, exist_ok=True)
        path = directory / f"{host}.conf"
        if deployment.has_guests:
            more = {"libvirt_uri": libvirt.uri(deployment), "virt_type": libvirt.kind(deployment)}
            write(deployment, "nova-libvirt.conf", path, host=host, ovsdb=deployment.ovsdb, **more)
        else:
            write(deployment, "nova-compute.conf", path, host=host)


def make_databases(deployment: Deployment) -> str | None:
    """Make the databases and the two cells."""

    def migrate() -> None:
        _manage(deployment, "api_db", "sync")
        cell0 = f"--database_connection={DATABASE % 'nova_cell0'}"
        _manage(deployment, "cell_v2", "map_cell0", cell0)
        _manage(deployment, "db", "sync")
        if deployment.mark("cell1") is None:
            urls = [f"--database_connection={DATABASE % 'nova'}", f"--transport-url={TRANSPORT}"]
            _manage(deployment, "cell_v2", "create_cell", "--name=cell1", *urls)
            deployment.set_mark("cell1")

    names = ("nova_api", "nova", "nova_cell0")
    return databases.ensure(deployment, "nova", names, migrate)


def make_second_cell(deployment: Deployment) -> str | None:
    """Make the second cell and its database, if one is wanted."""
    if not deployment.has_second_cell:
        return None

    def migrate() -> None:
        password = deployment.password("mariadb")
        mariadb.execute(
            deployment,
            f"CREATE OR REPLACE USER {_cell_user()} IDENTIFIED BY '{password}';\n"
            f"GRANT ALL ON nova_cell2.* TO {_cell_user()};\n",
        )
        _manage(deployment, *_second_cell_arguments(deployment), "db", "sync", "--local_cell")
        if deployment.mark("cell2") is None:
            urls = [
                f"--database_connection={SECOND_DATABASE}",
                f"--transport-url={TRANSPORT}{SECOND_CELL}",
            ]
            _manage(deployment, "cell_v2", "create_cell", "--name=cell2", *urls)
            deployment.set_mark("cell2")

    return databases.ensure(deployment, "nova-cell2", ("nova_cell2",), migrate)


def refuse_change_of_cells(deployment: Deployment, processes: Processes) -> None:
    """Raise StandaloneError if the running services do not know of the second cell."""
    is_new = deployment.has_second_cell and deployment.mark("cell2") is None
    if is_new and processes.alive("nova-api"):
        raise StandaloneError("it runs with one cell; run `down` before `up --cells 2`")


def take_second_cell_down(deployment: Deployment) -> None:
    """Let nobody into the database of the second cell."""
    mariadb.execute(
        deployment,
        f"ALTER USER {_cell_user()} ACCOUNT LOCK;\nKILL USER {SECOND_CELL};\n",
    )


def bring_second_cell_up(deployment: Deployment) -> None:
    """Let the services into the database of the second cell again."""
    mariadb.execute(deployment, f"ALTER USER {_cell_user()} ACCOUNT UNLOCK;\n")


def _cell_user() -> str:
    return f"{SECOND_CELL}@'{ADDRESS}'"


def start_api(deployment: Deployment, processes: Processes) -> str | None:
    """Start the API."""
    # Nova looks for this file of its package in its configuration directory only
    shutil.copy(deployment.venv / "etc/nova/api-paste.ini", deployment.etc / "nova")
    env = {"OS_NOVA_CONFIG_DIR": str(deployment.etc / "nova")}
    return wsgi.start(deployment, processes, "nova-api", "nova", "nova.wsgi.osapi_compute", **env)


def start_daemons(deployment: Deployment, processes: Processes) -> str | None:
    """Start the conductor and the scheduler."""
    env = deployment.environment()
    argv = ["--config-file", str(deployment.etc / "nova/nova.conf")]
    started = [name for name in DAEMONS if processes.start(name, [name, *argv], env)]
    if deployment.has_second_cell:
        conductor = ["nova-conductor", *argv, *_second_cell_arguments(deployment)]
        if processes.start(SECOND_CONDUCTOR, conductor, env):
            started.append(SECOND_CONDUCTOR)
    return f"{', '.join(started)} started" if started else None


def daemons(deployment: Deployment) -> tuple[str, ...]:
    """The names of the conductors' and the scheduler's processes."""
    return DAEMONS + ((SECOND_CONDUCTOR,) if deployment.has_second_cell else ())


def compute_names(deployment: Deployment) -> list[str]:
    """The names of the compute hosts' processes."""
    return [f"nova-compute-{number}" for number, _ in enumerate(deployment.computes, 1)]


def start_computes(deployment: Deployment, processes: Processes) -> str | None:
    """Start the compute hosts, and note that the fake ones know none of their guests."""
    directory = deployment.etc / "nova"
    started = []
    for name, host in zip(compute_names(deployment), deployment.computes, strict=True):
        if processes.alive(name):
            continue
        if not deployment.has_guests:
            deployment.set_mark(f"{REVIVE}-{host}")
        files = (directory / "nova.conf", directory / f"{host}.conf")
        argv = ["nova-compute", *(f"--config-file={path}" for path in files)]
        if host in SECOND_CELL_COMPUTES:
            argv += _second_cell_arguments(deployment)
        processes.start(name, argv, deployment.environment())
        started.append(name)
    return f"{', '.join(started)} started" if started else None


def map_hosts(deployment: Deployment) -> str | None:
    """Tell Nova's API database of the compute hosts; without this every boot fails."""
    hosts = " ".join(deployment.computes)
    if deployment.mark("hosts") != hosts:
        _manage(deployment, "cell_v2", "discover_hosts")
        deployment.set_mark("hosts", hosts)
    return None


def _second_cell_arguments(deployment: Deployment) -> list[str]:
    return [f"--config-file={deployment.etc / 'nova/cell2.conf'}"]


def _manage(deployment: Deployment, *arguments: str) -> None:
    argv = ["nova-manage", "--config-file", str(deployment.etc / "nova/nova.conf"), *arguments]
    log = deployment.logs / "nova-manage.log"
    commands.run("nova-manage", argv, log, deployment.environment())
