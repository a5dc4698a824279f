"""Nova: API, conductor, scheduler, and compute hosts that have Nova's own fake hypervisor."""

import shutil

from . import commands, databases, wsgi
from .deployment import COMPUTES, Deployment
from .processes import Processes
from .templates import authtoken, login, write

DAEMONS = ("nova-conductor", "nova-scheduler")
REVIVE = "revive"  # the mark that says which hosts have forgotten their guests

# filled in by Nova from its own configuration, so that neither ports nor passwords are stored
DATABASE = "{scheme}://{username}:{password}@{hostname}:{port}/%s?{query}"
TRANSPORT = "{scheme}://{username}:{password}@{hostname}:{port}/"


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
    )
    for host in COMPUTES:
        (deployment.data / host / "locks").mkdir(parents=True, exist_ok=True)
        write(deployment, "nova-compute.conf", directory / f"{host}.conf", host=host)


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
    return f"{', '.join(started)} started" if started else None


def compute_names() -> list[str]:
    """The names of the compute hosts' processes."""
    return [f"nova-compute-{number}" for number, _ in enumerate(COMPUTES, 1)]


def start_computes(deployment: Deployment, processes: Processes) -> str | None:
    """Start the compute hosts, and note that they know none of their guests."""
    directory = deployment.etc / "nova"
    started = []
    for name, host in zip(compute_names(), COMPUTES, strict=True):
        if processes.alive(name):
            continue
        deployment.set_mark(f"{REVIVE}-{host}")
        files = (directory / "nova.conf", directory / f"{host}.conf")
        argv = ["nova-compute", *(f"--config-file={path}" for path in files)]
        processes.start(name, argv, deployment.environment())
        started.append(name)
    return f"{', '.join(started)} started" if started else None


def map_hosts(deployment: Deployment) -> str | None:
    """Tell Nova's API database of the compute hosts; without this every boot fails."""
    if deployment.mark("hosts") is None:
        _manage(deployment, "cell_v2", "discover_hosts")
        deployment.set_mark("hosts")
    return None


def _manage(deployment: Deployment, *arguments: str) -> None:
    argv = ["nova-manage", "--config-file", str(deployment.etc / "nova/nova.conf"), *arguments]
    log = deployment.logs / "nova-manage.log"
    commands.run("nova-manage", argv, log, deployment.environment())
