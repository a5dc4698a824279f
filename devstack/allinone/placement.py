# SPDX-License-Identifier: Apache-2.0
"""Placement."""

from . import commands, databases, wsgi
from .deployment import Deployment
from .processes import Processes
from .templates import authtoken, write


def configure(deployment: Deployment) -> None:
    """Write the configuration."""
    write(
        deployment,
        "placement.conf",
        deployment.etc / "placement/placement.conf",
        database_url=deployment.database_url("placement"),
        authtoken=authtoken(deployment, "placement", "placement"),
    )


def make_database(deployment: Deployment) -> str | None:
    """Make the database."""

    def migrate() -> None:
        argv = ["placement-manage", "--config-dir", str(deployment.etc / "placement")]
        log = deployment.logs / "placement-manage.log"
        env = deployment.environment()
        commands.run("placement-manage", [*argv, "db", "sync"], log, env)

    return databases.ensure(deployment, "placement", ["placement"], migrate)


def start(deployment: Deployment, processes: Processes) -> str | None:
    """Start the API."""
    env = {"OS_PLACEMENT_CONFIG_DIR": str(deployment.etc / "placement")}
    return wsgi.start(deployment, processes, "placement", "placement", "placement.wsgi.api", **env)
