# SPDX-License-Identifier: Apache-2.0
"""A running gateway whose configuration becomes wrong: it goes on, and takes the corrected one."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests.functional.client import Gateway
from tests.functional.lone_gateway import lone_gateway

Eventually = Callable[[Callable[[], bool], float], None]


def _unknown_type(gateway: Gateway) -> None:
    gateway.reload("service_user", "auth_type", "passwort")


def _directory(gateway: Gateway) -> None:
    path = gateway._path
    path.rename(path.with_suffix(".kept"))
    path.mkdir()
    gateway.process.send_signal(signal.SIGHUP)


def _broken_policy(gateway: Gateway) -> None:
    gateway._path.with_name("policy.yaml").write_text("a: [\nb: }\n")
    gateway.process.send_signal(signal.SIGHUP)


def _foreign_address(gateway: Gateway) -> None:
    gateway.reload("api", "host", "192.0.2.1")


def workers_of(gateway: Gateway) -> str:
    """The ids of the processes that answer requests."""
    number = gateway.process.pid
    return Path(f"/proc/{number}/task/{number}/children").read_text()


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (_unknown_type, "auth_type"),
        (_directory, "Is a directory"),
        (_broken_policy, "policy.yaml"),
        (_foreign_address, "cannot listen"),
    ],
)
def test_reload(
    tmp_path: Path, eventually: Eventually, break_it: Callable[[Gateway], None], words: str
) -> None:
    """The same processes answer as before, and one line of the log says what is wrong."""
    with lone_gateway(tmp_path) as gateway:
        workers = workers_of(gateway)
        break_it(gateway)
        eventually(lambda: "Reload refused" in gateway.log.read_text(), 30)
        (line,) = (line for line in gateway.log.read_text().splitlines() if "refused, the" in line)
        assert words in line
        assert "Traceback" not in gateway.log.read_text()
        assert requests.get(f"{gateway.url}/healthcheck", timeout=30).status_code == 200
        assert workers_of(gateway) == workers
    assert "kic-vm-api stopped" in gateway.log.read_text()
