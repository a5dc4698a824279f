# SPDX-License-Identifier: Apache-2.0
"""A second API process of a service of the standalone OpenStack, with other options.

It runs beside the first one, on the same databases, for as long as a test takes. The first one, and
whoever uses it, notices nothing.
"""

import configparser
import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import requests
from allinone import settings
from allinone.deployment import ADDRESS, Deployment
from allinone.processes import MARKER, Processes

from tests.functional.client import free_port
from tests.functional.standalone import DIRECTORY

Options = dict[str, dict[str, str]]

# The service's process and the last of its configuration files, which wins over the others.
_FILES: Final = {
    "nova-api": "nova/nova.conf",
    "neutron-api": "neutron/ml2_conf.ini",
    "cinder-api": "cinder/cinder.conf",
    "glance": "glance/glance-api.conf",
}
_START_SECONDS: Final = 90


def deployment() -> Deployment:
    """The standalone OpenStack that the tests use."""
    return Deployment(settings.load(os.environ | {settings.PREFIX + "DIR": str(DIRECTORY)}))


@contextlib.contextmanager
def second_api(name: str, directory: Path, options: Options) -> Iterator[str]:
    """The address of a second API, without a version in it.

    :param name: the process, as ``devstack/standalone status`` shows it
    :param options: what its configuration says beyond that of the first one
    """
    first = Processes(deployment()).get(name)
    assert first is not None, f"{name} does not run"
    process = Path(f"/proc/{first.pid}")
    argv = _read(process / "cmdline")
    env = dict(pair.split("=", 1) for pair in _read(process / "environ"))
    del env[MARKER]  # or it would be taken for a part of the standalone

    own = directory / name
    first_etc = DIRECTORY / "etc" / Path(_FILES[name]).parent
    shutil.copytree(first_etc, own)
    own.chmod(0o700)
    _configure(own / Path(_FILES[name]).name, options)
    port = free_port()
    place = argv.index("--http-socket") + 1
    argv[place] = f"{ADDRESS}:{port}"
    argv = [word.replace(str(first_etc), str(own)) for word in argv]
    env = {key: value.replace(str(first_etc), str(own)) for key, value in env.items()}
    env["TMPDIR"] = str(directory)
    with (directory / f"{name}.log").open("w") as log:
        second = subprocess.Popen(argv, env=env, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait(second, f"http://{ADDRESS}:{port}/", directory / f"{name}.log")
        yield f"http://{ADDRESS}:{port}"
    finally:
        second.send_signal(signal.SIGTERM)
        try:
            second.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(second.pid, signal.SIGKILL)
            second.wait()


def _read(path: Path) -> list[str]:
    return [word for word in path.read_text().split("\0") if word]


def _configure(path: Path, options: Options) -> None:
    config = configparser.RawConfigParser(default_section="none", strict=False)
    config.read(path)
    config.read_dict(options)
    with path.open("w") as file:
        config.write(file)


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while True:
        with contextlib.suppress(requests.RequestException):
            requests.get(url, timeout=30)
            return
        assert process.poll() is None, log.read_text()[-3000:]
        assert time.monotonic() < end, log.read_text()[-3000:]
        time.sleep(0.2)
