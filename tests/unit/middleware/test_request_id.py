# SPDX-License-Identifier: Apache-2.0
"""The request id: on every answer, and on every call that a request makes."""

import pytest
from oslo_context import context as oslo_context

from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller

HEADER = "X-Openstack-Request-Id"
VALID = "req-11111111-2222-3333-4444-555555555555"


def test_valid_one_is_kept(member: Caller, populated: Cloud) -> None:
    """The caller's own id comes back, and the services get it as the global request id."""
    response = member.get("/api/v1/instances", headers={HEADER: VALID})
    assert response.headers[HEADER] == VALID
    sent = populated.sent("nova") + populated.sent("cinder") + populated.sent("neutron")
    assert len(sent) >= 4
    assert {request.headers["X-OpenStack-Request-ID"] for request in sent} == {VALID}


@pytest.mark.parametrize(
    "given",
    [
        "",
        "req-",
        "mine",
        VALID.removeprefix("req-"),
        VALID.upper(),
        f"{VALID}0",
        f"{VALID} ",
        f"{VALID}\tx",
        f"{VALID},{VALID}",
        "req-" + "9" * 5000,
    ],
)
def test_invalid_one_is_replaced(anybody: Caller, given: str) -> None:
    """Anything else than req- and a UUID is not taken over."""
    response = anybody.get("/healthcheck", headers={HEADER: given})
    assert response.headers[HEADER].startswith("req-")
    assert len(response.headers[HEADER]) == len(VALID)
    assert response.headers[HEADER] != VALID or given.strip() == VALID


def test_each_request_has_its_own(anybody: Caller) -> None:
    """Two requests without one get different ids."""
    ids = {anybody.get("/healthcheck").headers[HEADER] for _ in range(2)}
    assert len(ids) == 2


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/instances", 401),
        ("GET", "/nowhere", 401),
        ("PATCH", "/healthcheck", 401),
        ("GET", "/healthcheck", 200),
    ],
)
def test_on_every_answer(anybody: Caller, method: str, path: str, status: int) -> None:
    """Errors carry the caller's id as well, in the header and in the body."""
    response = anybody.request(method, path, headers={HEADER: VALID})
    assert response.status_code == status
    assert response.headers.getlist(HEADER) == [VALID]
    if status >= 400:
        assert response.json["error"]["request_id"] == VALID


@pytest.mark.parametrize("path", ["/api/v1/instances", "/healthcheck", "/nowhere"])
def test_thread_after_a_request(member: Caller, populated: Cloud, path: str) -> None:
    """Its next log lines name neither the request nor the caller, and it keeps no token."""
    member.get(path)
    assert oslo_context.get_current() is None
