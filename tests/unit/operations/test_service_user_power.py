# SPDX-License-Identifier: Apache-2.0
"""Changes with the gateway's own rights: not for a token that Keystone no longer accepts.

The gateway's cache still accepts it, and Keystone still lists the user's role in the project.
"""

from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.unit.bodies import error
from tests.unit.cloud import Cloud
from tests.unit.conftest import Answer, Caller
from tests.unit.documents.test_service_user import PLACE, tables
from tests.unit.envelope import refusal
from tests.unit.keypair_requests import COLLEAGUE, COPY, PATH, launch
from tests.unit.keystone_members import ADMIN, NEWCOMER, KeystoneMembers, answer_about_tokens
from tests.unit.nova_keypairs import NovaKeypairs
from tests.unit.operations.keypairs.former_members import remove
from tests.unit.personas import PROJECT, USER

JSON = dict[str, Any]
Callers = Callable[[str], Caller]

MEMBERS: Final = f"/api/v1/projects/{PROJECT}/members"
NEW_ADMIN: Final = {"user_id": NEWCOMER, "role": "admin"}
# Change -> who asks for it, and the request.
OF_MEMBERS: Final[dict[str, tuple[str, Callable[[Caller], Answer]]]] = {
    "add": ("admin", lambda caller: caller.post(MEMBERS, json={"member": NEW_ADMIN})),
    "add by name": (
        "admin",
        lambda caller: caller.post(
            MEMBERS, json={"member": {"user_name": "dora", "role": "admin"}}
        ),
    ),
    "update": (
        "admin",
        lambda caller: caller.put(f"{MEMBERS}/{USER}", json={"member": {"role": "admin"}}),
    ),
    "remove": ("admin", lambda caller: caller.delete(f"{MEMBERS}/{USER}")),
}
DELETION: Final = {
    persona: (persona, lambda caller: caller.delete(f"{PATH}/recorded"))
    for persona in ("member", "admin")
}
# Function that makes changes with the gateway's own rights -> the requests that lead to it.
REQUESTS: Final = {
    "operations.projects.members._identity": OF_MEMBERS,
    "operations.keypairs.deletion._delete_own": {"own keypair": DELETION["member"]},
    "operations.keypairs.deletion._delete_of_former_member": {
        "former member's keypair": DELETION["admin"]
    },
}
CHANGES: Final = [
    pytest.param(function, *request, id=name)
    for function, requests in REQUESTS.items()
    for name, request in requests.items()
]


def revoke(cloud: Cloud) -> None:
    """A token that was revoked, or whose user was disabled: Keystone knows it no longer."""
    cloud.answer("GET", "keystone", "/auth/tokens", **error("keystone_404_token"))


def refuse(cloud: Cloud) -> None:
    """A token that Keystone refuses in another way."""
    cloud.answer("GET", "keystone", "/auth/tokens", **error("keystone_401"))


def weaken(cloud: Cloud) -> None:
    """A token that has fewer roles than its user, as one of an application credential may."""
    answer_about_tokens(cloud, lambda _project_id, _user_id: ["reader"])


@pytest.fixture
def options() -> str:
    """An index of each test's own."""
    return "[keypairs]\nindex_time = 300\n"


@pytest.fixture
def keystone(populated: Cloud) -> KeystoneMembers:
    """Keystone's assignments, to be looked at."""
    return KeystoneMembers(populated)


def ready(caller: Callers, cloud: Cloud, function: str, persona: str) -> Caller:
    """Somebody whose token was validated just now, and all that the change needs."""
    if "keypairs" in function:
        nova = NovaKeypairs(cloud)
        assert launch(caller("colleague"), "recorded").status_code == 202
        assert COPY in nova.names(COLLEAGUE)
        if persona == "admin":
            remove(nova)
    else:
        KeystoneMembers(cloud)
    assert caller(persona).get(PATH).status_code == 200
    cloud.forget()
    return caller(persona)


def test_every_change() -> None:
    """The tests below make every change that the page lists for a caller."""
    listed = {place for place in PLACE.findall(tables()[0]) if place.startswith("operations.")}
    assert listed == REQUESTS.keys()


@pytest.mark.parametrize(("function", "persona", "request_change"), CHANGES)
def test_valid_token(
    caller: Callers,
    populated: Cloud,
    function: str,
    persona: str,
    request_change: Callable[[Caller], Answer],
) -> None:
    """With a valid token, each request makes its change."""
    response = request_change(ready(caller, populated, function, persona))
    assert response.status_code in {200, 201, 204}, response.text
    assert populated.writes()


@pytest.mark.parametrize(
    ("fall", "status", "code"),
    [
        pytest.param(revoke, 403, "forbidden", id="revoked"),
        pytest.param(refuse, 401, "unauthorized", id="refused"),
        pytest.param(weaken, 403, "forbidden", id="weakened"),
    ],
)
@pytest.mark.parametrize(("function", "persona", "request_change"), CHANGES)
def test_fallen_token(
    caller: Callers,
    populated: Cloud,
    function: str,
    persona: str,
    request_change: Callable[[Caller], Answer],
    fall: Callable[[Cloud], None],
    status: int,
    code: str,
) -> None:
    """Nothing is changed, although the token was valid just now and its user keeps the role."""
    user = ready(caller, populated, function, persona)
    fall(populated)
    refusal(request_change(user), status, code)
    assert populated.writes() == []


def test_nothing_is_told(caller: Callers, populated: Cloud) -> None:
    """Neither are the members, which Keystone shows to the gateway only."""
    admin = ready(caller, populated, "members", "admin")
    revoke(populated)
    refusal(admin.get(MEMBERS), 403, "forbidden")


def test_role_by_federation(caller: Callers, populated: Cloud, keystone: KeystoneMembers) -> None:
    """An admin whose role no list has, but the token, manages members as any other."""
    keystone.granted -= {(ADMIN, "manager")}
    keystone.by_federation = {(ADMIN, "manager")}
    admin = caller("admin")
    assert admin.get(MEMBERS).status_code == 200
    for request_change in OF_MEMBERS.values():
        assert request_change[1](admin).status_code in {200, 201, 204, 409}
    assert (NEWCOMER, "manager") in keystone.granted
    assert USER not in {user for user, _role in keystone.granted}


def test_gateway_that_may_not_validate(caller: Callers, populated: Cloud) -> None:
    """What the operator has to mend is not put down to the caller's token."""
    admin = ready(caller, populated, "members", "admin")
    populated.answer("GET", "keystone", "/auth/tokens", status=403)
    refusal(admin.delete(f"{MEMBERS}/{USER}"), 502, "gateway_not_allowed")
    assert populated.writes() == []
