# SPDX-License-Identifier: Apache-2.0
"""Keystone."""

from . import commands, databases, wsgi
from .deployment import REGION, Deployment
from .processes import Processes
from .templates import write

KEYS = ("fernet", "credential", "receipt")


def configure(deployment: Deployment) -> None:
    """Write the configuration."""
    write(
        deployment,
        "keystone.conf",
        deployment.etc / "keystone/keystone.conf",
        database_url=deployment.database_url("keystone"),
    )


def make_keys(deployment: Deployment) -> str | None:
    """Make the key repositories."""
    for kind in KEYS:
        if deployment.mark(f"keys-{kind}") is None:
            (deployment.data / "keystone" / kind).mkdir(parents=True, exist_ok=True, mode=0o700)
            _manage(
                deployment, f"{kind}_setup", "--keystone-user", "root", "--keystone-group", "root"
            )
            deployment.set_mark(f"keys-{kind}")
    return None


def make_database(deployment: Deployment) -> str | None:
    """Make the database, with the first administrator in it."""

    def migrate() -> None:
        _manage(deployment, "db_sync")
        url = deployment.url("keystone")
        urls = [f"--bootstrap-{interface}-url={url}" for interface in ("public", "internal")]
        env = {"OS_BOOTSTRAP_PASSWORD": deployment.password("admin")}
        _manage(deployment, "bootstrap", f"--bootstrap-region-id={REGION}", *urls, **env)

    return databases.ensure(deployment, "keystone", ["keystone"], migrate)


def start(deployment: Deployment, processes: Processes) -> str | None:
    """Start the API."""
    directory = str(deployment.etc / "keystone")
    env = {"OS_KEYSTONE_CONFIG_DIR": directory}
    return wsgi.start(deployment, processes, "keystone", "keystone", "keystone.wsgi.api", **env)


def _manage(deployment: Deployment, *arguments: str, **env: str) -> None:
    argv = ["keystone-manage", "--config-dir", str(deployment.etc / "keystone"), *arguments]
    log = deployment.logs / "keystone-manage.log"
    commands.run("keystone-manage", argv, log, deployment.environment(**env))
