# SPDX-License-Identifier: Apache-2.0
"""Redis, for the gateway; OpenStack does not use it."""

from .deployment import ADDRESS, Deployment
from .probes import port_open
from .processes import Processes


def start(deployment: Deployment, processes: Processes) -> str | None:
    """Start a server that keeps everything in memory."""
    directory = deployment.data / "redis"
    directory.mkdir(exist_ok=True)
    port = deployment.ports["redis"]
    argv = [
        *("redis-server", "--bind", ADDRESS, "--port", str(port), "--dir", str(directory)),
        *("--save", "", "--appendonly", "no", "--daemonize", "no"),
    ]
    started = processes.start("redis", argv, deployment.environment())
    processes.wait("redis", lambda: port_open(port), 20)
    return "Redis runs" if started else None
