# SPDX-License-Identifier: Apache-2.0
"""Glance, with its images in plain files."""

from . import commands, databases, wsgi
from .deployment import Deployment
from .processes import Processes
from .templates import authtoken, write


def configure(deployment: Deployment) -> None:
    """Write the configuration."""
    for directory in ("images", "staging", "tasks", "locks"):
        (deployment.data / "glance" / directory).mkdir(parents=True, exist_ok=True)
    write(
        deployment,
        "glance-api.conf",
        deployment.etc / "glance/glance-api.conf",
        database_url=deployment.database_url("glance"),
        authtoken=authtoken(deployment, "glance", "image"),
    )


def make_database(deployment: Deployment) -> str | None:
    """Make the database."""

    def migrate() -> None:
        manage = ["glance-manage", "--config-dir", str(deployment.etc / "glance")]
        log, env = deployment.logs / "glance-manage.log", deployment.environment()
        commands.run("glance-manage", [*manage, "db_sync"], log, env)
        metadefs = str(deployment.venv / "etc/glance/metadefs")
        commands.run("glance-manage", [*manage, "db_load_metadefs", metadefs], log, env)

    return databases.ensure(deployment, "glance", ["glance"], migrate)


def start(deployment: Deployment, processes: Processes) -> str | None:
    """Start the API."""
    env = {"OS_GLANCE_CONFIG_DIR": str(deployment.etc / "glance")}
    return wsgi.start(deployment, processes, "glance", "glance", "glance.wsgi.api", **env)
