# SPDX-License-Identifier: Apache-2.0
"""Nova as it behaves elsewhere: with other options, or behind a connection that loses answers."""

import http.server
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import requests

from tests.functional.client import free_port
from tests.functional.serving import serving
from tests.functional.standalone import DIRECTORY

_VENV: Final = DIRECTORY / "venv"
_CONFIGURATION: Final = DIRECTORY / "etc/nova"


@contextmanager
def nova_api(directory: Path, options: str) -> Iterator[str]:
    """The address of another API server of the standalone's Nova.

    :param directory: for its configuration, which has passwords
    :param options: lines of nova.conf that it has beyond those of the standalone
    """
    directory.chmod(0o700)
    for name in ("nova.conf", "api-paste.ini"):
        shutil.copy(_CONFIGURATION / name, directory)
    with (directory / "nova.conf").open("a") as file:
        file.write(f"\n[DEFAULT]\n{options}\n")
    url = f"http://127.0.0.1:{free_port()}"
    command: list[str | Path] = [_VENV / "bin/uwsgi", "--http-socket", url.removeprefix("http://")]
    command += ["--module", "nova.wsgi.osapi_compute:application", "--virtualenv", _VENV]
    command += ["--need-app", "--threads", "4", "--buffer-size", "65535"]
    with (directory / "log").open("w") as log:
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            env=os.environ | {"OS_NOVA_CONFIG_DIR": str(directory), "TMPDIR": str(directory)},
        )
    try:
        _wait_until_alive(url, process)
        yield f"{url}/v2.1"
    finally:
        process.kill()  # it keeps nothing
        process.wait(timeout=30)


def _wait_until_alive(url: str, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + 180
    while True:
        try:
            requests.get(url, timeout=5)
        except (requests.ConnectionError, requests.Timeout):
            assert process.poll() is None, "it has ended"
            assert time.monotonic() < end, "it does not answer in time"
            time.sleep(0.3)
        else:
            return


@contextmanager
def nova_that_loses(url: str, how: str) -> Iterator[str]:
    """The address of a proxy to Nova, of whose answers to creations none arrives.

    :param url: Nova's address
    :param how: ``cut``: nothing comes; ``truncated``: a part comes; ``failed``: a 502 comes
    """
    base = url.removesuffix("/v2.1")

    class Handler(http.server.BaseHTTPRequestHandler):
        def _pass_on(self) -> None:
            headers = {
                name: value
                for name, value in self.headers.items()
                if name.lower() not in {"content-length", "accept-encoding", "connection"}
            }
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = requests.request(
                self.command, base + self.path, headers=headers, data=body, timeout=60
            )
            self.close_connection = True
            is_creation = (self.command, self.path) == ("POST", "/v2.1/servers")
            if is_creation and how == "cut":
                return
            content = answer.content
            self.send_response(502 if is_creation and how == "failed" else answer.status_code)
            self.send_header("Content-Type", answer.headers.get("Content-Type", "text/plain"))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            is_truncated = is_creation and how == "truncated"
            self.wfile.write(content[: len(content) // 2] if is_truncated else content)

        do_GET = do_POST = do_PUT = do_DELETE = _pass_on  # noqa: N815 - http.server calls these

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with serving(Handler) as address:
        yield f"{address}/v2.1"
