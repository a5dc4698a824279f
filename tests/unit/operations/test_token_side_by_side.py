# SPDX-License-Identifier: Apache-2.0
"""The validation of a token before a change: it costs no time, because the reads run meanwhile."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from oslo_config import cfg

from kic_vm import deploy
from tests.unit.adapters import loopback
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.keystone_members import ROLES, KeystoneMembers
from tests.unit.personas import PROJECT, token_of


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """Keystone at a socket: with a faked connection, one request waits for the other."""
    for variable in ("HTTP_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    with loopback.serving() as server:
        monkeypatch.setenv("http_proxy", server.url)
        yield server.serve()


def test_side_by_side(conf: cfg.ConfigOpts, served: Cloud) -> None:
    """Keystone gets both before it has answered either."""
    KeystoneMembers(served)
    both = threading.Barrier(2, timeout=10)
    token = {"token": {"roles": [{"id": ROLES["manager"], "name": "manager"}]}}

    def once_both_are_there(answer: Any) -> Any:
        def wait(_request: Any, _context: Any) -> Any:
            both.wait()
            return answer

        return wait

    roles = [{"id": role_id, "name": name} for name, role_id in ROLES.items()]
    admin = Caller(deploy.load_app(conf), token_of("admin"))
    served.answer("GET", "keystone", "/auth/tokens?nocatalog", once_both_are_there(token))
    served.answer("GET", "keystone", "/roles", once_both_are_there({"roles": roles}))
    assert admin.get(f"/api/v1/projects/{PROJECT}/members").status_code == 200
