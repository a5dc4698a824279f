# SPDX-License-Identifier: Apache-2.0
"""Who gets past the door: whom Keystone confirms, and nobody by claims of their own."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.bodies import INSTANCE, body
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.personas import GATEWAY, OTHER_PROJECT, PROJECT, USER, token_of

LIST = "/api/v1/instances"
IMAGES = "/api/v1/images"
FORGED = {
    "X-Identity-Status": "Confirmed",
    "X-Roles": "admin,manager,member,reader",
    "X-Role": "manager",
    "X-Project-Id": PROJECT,
    "X-Tenant-Id": PROJECT,
    "X-User-Id": USER,
    "X-User-Name": "kic-admin",
    "X-Domain-Id": "default",
    "X-Is-Admin-Project": "True",
    "X-Service-Identity-Status": "Confirmed",
    "X-Service-Roles": "service,admin",
    "OpenStack-System-Scope": "all",
}


def test_without_token(anybody: Caller, populated: Cloud) -> None:
    """It is 401, says where Keystone is, and no service is asked anything."""
    response = anybody.get(LIST)
    refusal(response, 401, "unauthorized")
    assert "keystone.test" in response.headers["WWW-Authenticate"]
    assert populated.calls() == []


@pytest.mark.parametrize("persona", ["unknown", "expired"])
def test_token_that_is_not_valid(
    caller: Callable[[str], Caller], populated: Cloud, persona: str
) -> None:
    """An unknown or expired token is 401."""
    refusal(caller(persona).get(LIST), 401, "unauthorized")
    assert populated.calls() == []


def test_header_that_came_twice(anybody: Caller, populated: Cloud) -> None:
    """The official SDK may send its token twice: the same one counts as one."""
    token = token_of("member")
    for header in (f"{token},{token}", f"{token}, {token}", f" {token} "):
        assert anybody.get(LIST, headers={"X-Auth-Token": header}).status_code == 200


def test_two_different_tokens(anybody: Caller, populated: Cloud) -> None:
    """It is 401 and says so; neither of the two is chosen."""
    header = f"{token_of('reader')},{token_of('admin')}"
    error = refusal(anybody.get(LIST, headers={"X-Auth-Token": header}), 401, "unauthorized")
    assert "two different tokens" in error["message"]
    assert populated.tokens_sent("GET") == []


def test_twice_on_the_way_to_keystone(anybody: Caller, cloud: Cloud) -> None:
    """The same counts where a token is passed through."""
    path = "/identity/v3/auth/tokens"
    headers = {"X-Subject-Token": token_of("member"), "X-Auth-Token": "a,b"}
    refusal(anybody.get(path, headers=headers), 401, "unauthorized")
    assert cloud.tokens_sent("GET") == []
    token = token_of("member")
    assert (
        anybody.get(path, headers=headers | {"X-Auth-Token": f"{token},{token}"}).status_code == 200
    )
    assert cloud.tokens_sent("GET")[0].headers["X-Auth-Token"] == token


def test_empty_token(anybody: Caller, populated: Cloud) -> None:
    """It is 401."""
    refusal(anybody.get(LIST, headers={"X-Auth-Token": ""}), 401, "unauthorized")


def test_forged_identity_without_token(anybody: Caller, populated: Cloud) -> None:
    """Headers that claim an identity open nothing."""
    refusal(anybody.get(LIST, headers=FORGED), 401, "unauthorized")
    assert populated.calls() == []


def test_forged_identity_beside_an_invalid_token(
    caller: Callable[[str], Caller], populated: Cloud
) -> None:
    """They do not help a token that Keystone refuses."""
    refusal(caller("unknown").get(LIST, headers=FORGED), 401, "unauthorized")


def test_forged_roles_beside_a_readers_token(reader: Caller, populated: Cloud) -> None:
    """A reader who claims to be admin still only reads, in the project of the token."""
    headers = {**FORGED, "X-Project-Id": OTHER_PROJECT, "X-Tenant-Id": OTHER_PROJECT}
    assert reader.get(LIST, headers=headers).status_code == 200
    asked = {query for call in populated.sent("neutron") for query in call.qs["project_id"]}
    assert asked == {PROJECT}
    refusal(reader.post(f"{INSTANCE}/stop", headers=headers), 403, "forbidden")
    assert populated.writes() == []


def test_forged_identity_on_public_routes(anybody: Caller, populated: Cloud) -> None:
    """What is public answers the same with and without claims."""
    for path in ("/healthcheck", "/api/v1/lifecycle", "/openapi.json"):
        assert anybody.get(path, headers=FORGED).json == anybody.get(path).json


def test_forged_identity_is_not_passed_on(anybody: Caller, populated: Cloud) -> None:
    """Keystone hears nothing of the claims when a token is asked for."""
    anybody.post("/identity/v3/auth/tokens", json={"auth": {}}, headers=FORGED)
    (sent,) = populated.tokens_sent("POST")
    assert {name.lower() for name in FORGED} & {name.lower() for name in sent.headers} == set()


def test_access_rules_of_a_credential(caller: Callable[[str], Caller], populated: Cloud) -> None:
    """A credential that may look at flavors can do that and nothing else."""
    limited = caller("limited")
    assert limited.get("/api/v1/flavors").status_code == 200
    refusal(limited.get(LIST), 401, "unauthorized")
    refusal(limited.post(f"{INSTANCE}/stop"), 401, "unauthorized")


def test_access_rules_with_a_service_token(
    caller: Callable[[str], Caller], populated: Cloud
) -> None:
    """A caller's own service token does not lift a credential's access rules."""
    headers = {**FORGED, "X-Service-Token": token_of(GATEWAY)}
    refusal(caller("limited").get(LIST, headers=headers), 401, "unauthorized")
    refusal(caller("limited").post(f"{INSTANCE}/stop", headers=headers), 401, "unauthorized")
    assert populated.calls() == []


def test_expired_token_with_a_service_token(
    caller: Callable[[str], Caller], populated: Cloud
) -> None:
    """Nor does it prolong the life of an expired token."""
    headers = {"X-Service-Token": token_of(GATEWAY)}
    refusal(caller("expired").get(LIST, headers=headers), 401, "unauthorized")


def test_services_get_both_tokens(member: Caller, populated: Cloud) -> None:
    """Calls go out with the caller's token and the gateway's own beside it."""
    member.get(LIST, headers={"X-Service-Token": token_of("unknown")})
    sent = populated.sent("nova") + populated.sent("cinder") + populated.sent("neutron")
    assert {request.headers["X-Auth-Token"] for request in sent} == {token_of("member")}
    assert {request.headers["X-Service-Token"] for request in sent} == {token_of(GATEWAY)}


def test_service_token_that_ended_early(member: Caller, populated: Cloud) -> None:
    """The gateway logs in anew when a service refuses its own token, and keeps to the new one."""
    assert member.get(IMAGES).status_code == 200

    def issue(_request: Any, answer: Any) -> Any:
        answer.status_code, answer.headers["X-Subject-Token"] = 201, "anew"
        return body("token")

    def images(request: Any, answer: Any) -> Any:
        answer.status_code = 200 if request.headers["X-Service-Token"] == "anew" else 401
        return {"images": []}

    populated.answer("POST", "keystone", "/auth/tokens", json=issue)
    populated.answer("GET", "glance", "/images", json=images)
    for _time in range(2):
        assert member.get(IMAGES).status_code == 200
    used = [request.headers["X-Service-Token"] for request in populated.sent("glance")]
    assert used[-3:] == [token_of(GATEWAY), "anew", "anew"]


class TestWithoutServiceToken:
    """[service_user] send_service_user_token = false."""

    @pytest.fixture
    def options(self) -> str:
        return "[service_user]\nsend_service_user_token = false"

    def test_services_get_the_callers_token_only(self, member: Caller, populated: Cloud) -> None:
        """The gateway's own token stays at home."""
        assert member.get("/api/v1/flavors").status_code == 200
        (sent,) = populated.sent("nova")
        assert sent.headers["X-Auth-Token"] == token_of("member")
        assert "X-Service-Token" not in sent.headers


def validations(cloud: Cloud) -> list[str]:
    """The tokens that Keystone was asked about."""
    return [
        request.headers["X-Subject-Token"]
        for request in cloud.tokens_sent("GET")
        if "X-Subject-Token" in request.headers
    ]


def test_confirmation_is_remembered(member: Caller, reader: Caller, populated: Cloud) -> None:
    """Keystone is asked once about a token, and about each token."""
    for _ in range(3):
        assert member.get("/api/v1/flavors").status_code == 200
    assert len(validations(populated)) == 1
    assert reader.get("/api/v1/flavors").status_code == 200
    assert len(validations(populated)) == 2
