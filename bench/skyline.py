# SPDX-License-Identifier: Apache-2.0
"""skyline-apiserver, the backend of OpenStack's dashboard Skyline, in front of the same OpenStack.

It runs as its documentation recommends, gunicorn with uvicorn's workers, but with one worker
process, as the gateway, and with SQLite. Clients connect directly, without nginx.
"""

import contextlib
import dataclasses
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import requests

from bench.project import BenchError
from bench.skyline_environment import (
    DIRECTORY,
    PACKAGE,
    alembic_configuration,
    environment,
    version,
)
from tests.functional.client import free_port

JSON = dict[str, Any]

_LISTS: Final = "/api/v1/extension"
_LARGEST_PAGE: Final = 1000
_START_SECONDS: Final = 120
_TIMEOUT_SECONDS: Final = 600  # a page of 100 volumes takes long on a busy machine
# As in its sample configuration of gunicorn, except for the number of workers.
_GUNICORN: Final = {
    "--workers": "1",
    "--worker-class": "uvicorn.workers.UvicornWorker",
    "--timeout": "300",
    "--keep-alive": "5",
}


@dataclasses.dataclass(frozen=True)
class Login:
    """The user of skyline-apiserver, who must be an administrator.

    :param identity: the address of Keystone, with its version
    """

    identity: str
    region: str
    username: str
    password: str
    project_name: str
    user_domain_name: str
    project_domain_name: str


class Skyline:
    """A running skyline-apiserver.

    :param token: of a client
    """

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.headers["X-Auth-Token"] = token

    def servers(self, limit: int) -> list[JSON]:
        """Its list of servers, or as many of them.

        There is no maximum but Nova's, which is 1,000.
        """
        return self._list("servers", limit)

    def volumes(self, limit: int) -> list[JSON]:
        """Its list of volumes, or as many of them."""
        return self._list("volumes", limit)

    def _list(self, name: str, limit: int) -> list[JSON]:
        url = f"{self._url}{_LISTS}/{name}"
        response = self._session.get(url, params={"limit": limit}, timeout=_TIMEOUT_SECONDS)
        response.raise_for_status()
        listed: list[JSON] = response.json()[name]
        return listed

    def check(self, servers: int) -> None:
        """Check that the lists are complete.

        :param servers: the number of servers in the project
        :raises BenchError: an answer is an error or lacks something
        """
        expected = min(servers, _LARGEST_PAGE)
        try:
            listed = self.servers(_LARGEST_PAGE)
            volumes = self.volumes(1)
        except requests.RequestException as error:
            raise BenchError(f"{PACKAGE} does not answer: {error}") from error
        images = sum(bool(server["image_name"]) for server in listed)
        if (len(listed), images, len(volumes)) != (expected, expected, 1):
            raise BenchError(
                f"{PACKAGE} lists {len(listed)} of {expected} servers, {images} of them with an "
                f"image, and {len(volumes)} of 1 volume"
            )


@contextlib.contextmanager
def running_if_possible(
    login: Login, token: str, servers: int, directory: Path = DIRECTORY
) -> Iterator[Skyline | str]:
    """skyline-apiserver, or the reason why it cannot be measured, which is printed too.

    :param token: of the project's user
    :param servers: the number of servers in the project
    :param directory: of its Python environment
    """
    with contextlib.ExitStack() as stack:
        found: Skyline | str
        try:
            found = stack.enter_context(_running(environment(directory), login, token))
            found.check(servers)
        except BenchError as error:
            print(f"bench: without {PACKAGE}: {error}", file=sys.stderr, flush=True)
            found = str(error)
        yield found


def described(skyline: Skyline | str) -> JSON:
    """What ran, or why it did not, for the results."""
    return {"missing": skyline} if isinstance(skyline, str) else {"version": version()}


def configuration(login: Login, directory: Path) -> JSON:
    """The content of skyline.yaml; what is not here has its default.

    :param directory: of its database and log
    """
    return {
        "default": {
            "database_url": f"sqlite:///{directory}/skyline.db",
            "log_dir": str(directory),
            "secret_key": secrets.token_urlsafe(32),
        },
        "openstack": {
            "keystone_url": login.identity,
            "default_region": login.region,
            "system_user_name": login.username,
            "system_user_password": login.password,
            "system_user_domain": login.user_domain_name,
            "system_project": login.project_name,
            "system_project_domain": login.project_domain_name,
        },
    }


@contextlib.contextmanager
def _running(programs: Path, login: Login, token: str) -> Iterator[Skyline]:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        path = directory / "skyline.yaml"
        path.touch(0o600)
        path.write_text(json.dumps(configuration(login, directory)))  # JSON is YAML
        variables = {**_variables(os.environ), "OS_CONFIG_DIR": name}
        tables = ["-c", str(alembic_configuration(programs)), "upgrade", "head"]
        log = directory / "log"
        with log.open("wb") as output:

            def start(program: str, *arguments: str) -> "subprocess.Popen[bytes]":
                command = [str(programs / "bin" / program), *arguments]
                return subprocess.Popen(command, env=variables, stdout=output, stderr=output)

            start("alembic", *tables).wait()
            port = free_port()
            process = start("gunicorn", *_arguments(port, directory))
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url, process, log)
            yield Skyline(url, token)
        finally:
            process.terminate()
            process.wait()


def _variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Without those that lead to our packages or to another cloud."""
    return {
        key: value
        for key, value in environ.items()
        if key != "PYTHONPATH" and not key.startswith("OS_")
    }


def _arguments(port: int, directory: Path) -> list[str]:
    options = {
        "--bind": f"127.0.0.1:{port}",
        "--access-logfile": f"{directory}/access.log",
        **_GUNICORN,
    }
    return [*(word for pair in options.items() for word in pair), "skyline_apiserver.main:app"]


def _wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        with contextlib.suppress(requests.RequestException):
            requests.get(f"{url}{_LISTS}/servers", timeout=30)  # 401 without a token
            return
        time.sleep(0.1)
    raise BenchError(f"{PACKAGE} does not start: {log.read_text()[-1000:]}")
