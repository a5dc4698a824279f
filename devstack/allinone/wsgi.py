# SPDX-License-Identifier: Apache-2.0
"""Serves an OpenStack API: one uWSGI each, with one process and a few threads."""

import shutil

from .deployment import ADDRESS, Deployment
from .probes import http_answers
from .processes import Processes

THREADS = 8


def start(
    deployment: Deployment,
    processes: Processes,
    name: str,
    service: str,
    module: str,
    *arguments: str,
    **env: str,
) -> str | None:
    """Start the API of a service and wait until it answers."""
    port = deployment.ports[service]
    argv = [
        *("uwsgi", "--http-socket", f"{ADDRESS}:{port}", "--module", f"{module}:application"),
        *("--virtualenv", str(deployment.venv), "--master", "--lazy-apps", "--need-app"),
        *("--processes", "1", "--threads", str(THREADS), "--enable-threads", "--listen", "100"),
        *("--die-on-term", "--exit-on-reload", "--worker-reload-mercy", "5"),
        *("--hook-master-start", "unix_signal:15 gracefully_kill_them_all"),
        *("--buffer-size", "65535", "--add-header", "Connection: close"),
        # Cinder sends an image in parts of 1 MiB, a little more than uWSGI takes by itself.
        *("--chunked-input-limit", str(16 * 2**20), "--chunked-input-timeout", "60"),
        *("--log-format", "%(addr) %(method) %(uri) %(status) %(msecs)ms"),
        *arguments,
    ]
    # Neutron keeps its start time in a temporary file there, so it has to be fresh
    temporary = deployment.sockets / name
    if not processes.alive(name):
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
    environment = deployment.environment(TMPDIR=str(temporary), **env)
    started = processes.start(name, argv, environment)
    processes.wait(name, lambda: http_answers(f"http://{ADDRESS}:{port}/"), 120)
    return f"{name} answers" if started else None
