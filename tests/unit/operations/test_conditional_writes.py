# SPDX-License-Identifier: Apache-2.0
"""Writes that Neutron refuses because the resource has another revision than the one read.

Neutron itself changes the status of ports and public IPs at any time, and with it the revision.
"""

from typing import Any, Final

import pytest

from tests.unit.bodies import FREE_PORT
from tests.unit.cloud import Cloud, Request
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.fake_neutron import MAIN, SECOND, FakeNeutron
from tests.unit.operations.test_lost_steps import WRITES, send
from tests.unit.populated import populate
from tests.unit.prepared import prepare

JSON = dict[str, Any]
INTERFACE: Final = f"/api/v1/network-interfaces/{FREE_PORT['id']}"
AT_NEUTRON: Final = f"/ports/{FREE_PORT['id']}"
CHANGED: Final[JSON] = {
    "NeutronError": {"type": "RevisionNumberConstraintFailed", "message": "", "detail": ""}
}


def refuse_each_once(cloud: Cloud) -> list[str]:
    """Have Neutron refuse the first attempt of each conditional write; those that it refused."""
    refused: list[str] = []

    def is_first(request: Request) -> bool:
        call = f"{request.method} {request.url}"
        if "If-Match" not in request.headers or call in refused:
            return False
        refused.append(call)
        return True

    cloud.answer_matching(is_first, json=CHANGED, status_code=412)
    return refused


def test_change_of_status(admin: Caller, populated: Cloud) -> None:
    """Each operation with a conditional write succeeds if nothing of what was read has changed."""
    guarded = 0
    for method, path in WRITES:
        statuses = []
        for is_refused in (False, True):
            populate(populated)
            prepare(populated, f"{method} {path}")
            refused = refuse_each_once(populated) if is_refused else []
            response = send(admin, method, path)
            statuses.append(response.status_code)
        assert statuses[0] == statuses[1], (method, path)
        guarded += bool(refused) and statuses[0] < 300
    assert guarded > 10


@pytest.mark.parametrize(
    "change",
    [{"device_id": "a server"}, {"security_groups": []}, {"description": "another"}, {"more": 1}],
)
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_change_by_another_request(
    admin: Caller, populated: Cloud, method: str, change: JSON
) -> None:
    """A change of anything else is a conflict, and the write is not sent again."""
    refused = refuse_each_once(populated)
    current = FREE_PORT | {"revision_number": 8, "status": "ACTIVE"} | change

    def show(_request: Request, _context: Any) -> JSON:
        return {"port": current if refused else FREE_PORT}

    populated.answer("GET", "neutron", AT_NEUTRON, show)
    arguments = {"json": {"network_interface": {"name": "new"}}} if method == "PUT" else {}
    response = admin.request(method, INTERFACE, **arguments)
    assert "at the same time" in refusal(response, 409, "conflict")["message"]
    assert len(populated.writes()) == 1


def test_changes_without_end(admin: Caller, populated: Cloud) -> None:
    """A port whose status changes all the time is a conflict after three attempts."""
    populated.answer("PUT", "neutron", AT_NEUTRON, CHANGED, 412)
    body = {"network_interface": {"name": "new"}}
    assert (
        "at the same time" in refusal(admin.put(INTERFACE, json=body), 409, "conflict")["message"]
    )
    assert len(populated.writes()) == 3


@pytest.mark.parametrize("write", [1, 2])
def test_association(member: Caller, neutron: FakeNeutron, write: int) -> None:
    """A router's port becomes active while a subnet gets another route table."""
    neutron.add_second_table()
    (subnet_id, *_others) = neutron.kept["subnets"]

    def become_active() -> None:
        for port in neutron.kept["ports"].values():
            port |= {"status": "ACTIVE", "revision_number": port["revision_number"] + 1}

    neutron.meanwhile[write] = become_active
    path = f"/api/v1/route-tables/{MAIN['id']}/associations/{subnet_id}"
    body = {"association": {"target_route_table_id": SECOND["id"]}}
    response = member.put(path, json=body)
    assert response.status_code == 200, response.text
