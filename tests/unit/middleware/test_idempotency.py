# SPDX-License-Identifier: Apache-2.0
"""Idempotency-Key: what is done once, what is told again, and what is refused."""

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest

from kic_vm.middleware import idempotency
from tests.contract import check
from tests.unit.bodies import FLAVOR, IMAGE, INSTANCE, SERVER, SUBNET, body
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.fake_redis import FakeRedis
from tests.unit.middleware.idempotent import IMPORT, KEY, KEYPAIRS
from tests.unit.personas import SECRET

JSON = dict[str, Any]
CREATE = {
    "instance": {
        "name": "web",
        "image_id": IMAGE["id"],
        "flavor_id": FLAVOR["id"],
        "subnets": [{"id": SUBNET["id"]}],
        "volumes": [{"size": 5}],
        "security_groups": None,
    }
}
TAGGED = re.compile(r"http://nova\.test/v2\.1/servers/detail\?(.*&)?tags=")


@pytest.fixture
def options() -> str:
    return "[redis]\nurl = redis://redis.test\n"


@pytest.fixture
def empty(populated: Cloud) -> Cloud:
    """Nova has no server with a tag."""
    populated.answer_pattern("GET", TAGGED, lambda *_: {"servers": []})
    return populated


def test_same_request(member: Caller, populated: Cloud) -> None:
    """The first answer again, and nothing done."""
    first = member.post(KEYPAIRS, json=IMPORT, headers=KEY)
    assert first.status_code == 201
    assert "Idempotency-Replayed" not in first.headers
    populated.forget()
    again = member.post(KEYPAIRS, json=IMPORT, headers=KEY)
    assert (again.status_code, again.json) == (201, first.json)
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert populated.calls() == []


def test_order_of_keys(member: Caller, populated: Cloud) -> None:
    """What is the same in JSON is the same request."""
    texts = (
        '{"keypair": {"name": "imported", "public_key": "ssh-ed25519 AAAA k"}}',
        '{"keypair":{"public_key":"ssh-ed25519 AAAA k","name":"imported"}}',
    )
    for text in texts:
        response = member.post(KEYPAIRS, data=text, headers=KEY, content_type="application/json")
        assert response.status_code == 201, response.text


def test_answer_without_a_body(member: Caller, populated: Cloud) -> None:
    """A command is given once."""
    for _attempt in range(2):
        response = member.post(f"{INSTANCE}/stop", headers=KEY)
        assert (response.status_code, response.data) == (202, b"")
    assert len(populated.writes()) == 1


def test_quotes(member: Caller, populated: Cloud) -> None:
    """The draft writes the key in quotes; it is the same key."""
    member.post(KEYPAIRS, json=IMPORT, headers=KEY)
    quoted = {"Idempotency-Key": f'"{KEY["Idempotency-Key"]}"'}
    again = member.post(KEYPAIRS, json=IMPORT, headers=quoted)
    assert again.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("path", [KEYPAIRS, f"{INSTANCE}/stop"])
def test_another_request(member: Caller, populated: Cloud, path: str) -> None:
    """Another body, or another path, with the same key is refused."""
    member.post(KEYPAIRS, json=IMPORT, headers=KEY)
    populated.forget()
    wanted = {"keypair": {"name": "other"}}
    refusal(member.post(path, json=wanted, headers=KEY), 422, "idempotency_key_reused")
    assert populated.calls() == []


def test_still_running(member: Caller, caller: Callable[[str], Caller], populated: Cloud) -> None:
    """A retry while the first request runs is told to wait."""
    path = f"/servers/{SERVER['id']}/action"
    second: list[Any] = []

    def act(_request: Any, context: Any) -> JSON:
        thread = threading.Thread(
            target=lambda: second.append(caller("member").post(f"{INSTANCE}/stop", headers=KEY))
        )
        thread.start()
        thread.join()
        context.status_code = 202
        return {}

    populated.answer("POST", "nova", path, act)
    assert member.post(f"{INSTANCE}/stop", headers=KEY).status_code == 202
    refusal(second[0], 409, "idempotency_in_progress")
    assert second[0].headers["Retry-After"] == "1"


@pytest.mark.parametrize("persona", ["colleague", "other"])
def test_of_somebody_else(caller: Callable[[str], Caller], populated: Cloud, persona: str) -> None:
    """A key is one user's in one project: nobody gets another one's answer."""
    caller("member").post(KEYPAIRS, json=IMPORT, headers=KEY)
    wanted = {"keypair": {"name": "theirs", "public_key": "ssh-ed25519 AAAA t"}}
    theirs = caller(persona).post(KEYPAIRS, json=wanted, headers=KEY)
    assert theirs.json["keypair"]["name"] == "theirs"


def test_who_may_not(caller: Callable[[str], Caller], populated: Cloud, store: FakeRedis) -> None:
    """The rules come first."""
    refusal(caller("reader").post(KEYPAIRS, json=IMPORT, headers=KEY), 403, "forbidden")
    assert not any("idempotency" in key for key in store.values)


@pytest.mark.parametrize("status", [400, 409])
def test_refusal_is_not_kept(member: Caller, populated: Cloud, status: int) -> None:
    """What was refused has done nothing: the retry is a first try."""
    path = f"/servers/{SERVER['id']}/action"
    populated.answer("POST", "nova", path, status=status)
    assert member.post(f"{INSTANCE}/stop", headers=KEY).status_code >= 400
    populated.answer("POST", "nova", path, status=202)
    again = member.post(f"{INSTANCE}/stop", headers=KEY)
    assert again.status_code == 202
    assert "Idempotency-Replayed" not in again.headers


def test_private_key(member: Caller, populated: Cloud, store: FakeRedis) -> None:
    """A private key is told once: the retry makes no second one and says so."""
    wanted = {"keypair": {"name": "made"}}
    first = member.post(KEYPAIRS, json=wanted, headers=KEY)
    assert first.headers["Cache-Control"] == "no-store"
    populated.forget()
    error = refusal(
        member.post(KEYPAIRS, json=wanted, headers=KEY), 409, "idempotency_answer_withheld"
    )
    assert SECRET not in str(error)
    assert populated.calls() == []
    assert SECRET not in str(store.values)


def test_what_redis_tells(member: Caller, populated: Cloud, store: FakeRedis) -> None:
    """Neither the key nor the answer."""
    member.post(KEYPAIRS, json=IMPORT, headers=KEY)
    kept = {key: value for key, value in store.values.items() if "idempotency" in key}
    assert len(kept) == 1
    assert KEY["Idempotency-Key"] not in str(kept)
    assert "imported" not in str(kept)
    (life,) = {store.look("PTTL", key) for key in kept}
    assert 86_000_000 < life <= 86_400_000


@pytest.mark.parametrize("key", ["", '""', "with space", "k" * 256, "키"])
def test_wrong_keys(member: Caller, populated: Cloud, key: str) -> None:
    """A key that is none is refused with the header's name."""
    response = member.post(
        KEYPAIRS, json=IMPORT, headers={"Idempotency-Key": key.encode().decode("latin-1")}
    )
    message = refusal(response, 400, "invalid_request")["message"]
    assert message.startswith("Idempotency-Key: ")
    assert populated.calls() == []


def test_without_the_header(member: Caller, populated: Cloud, store: FakeRedis) -> None:
    """Nothing is kept, and only POST has it."""
    member.post(KEYPAIRS, json=IMPORT)
    member.get(KEYPAIRS, headers=KEY)
    assert not any("idempotency" in key for key in store.values)


def test_defect_after_the_request(
    member: Caller, populated: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request whose response cannot be stored does not count as running for ever."""

    def fail(*_args: Any) -> Any:
        raise AssertionError

    with monkeypatch.context() as patch:
        patch.setattr(idempotency, "_stored", fail)
        first = refusal(member.post(KEYPAIRS, json=IMPORT, headers=KEY), 500, "internal_error")
    assert first["outcome"] == "unknown"
    populated.forget()
    assert member.post(KEYPAIRS, json=IMPORT, headers=KEY).status_code == 201
    assert populated.writes() == []


def test_deep_body(member: Caller, populated: Cloud, store: FakeRedis) -> None:
    """A body that is too deep to read is refused as it is without a key."""
    response = member.post(
        KEYPAIRS, data="[" * 100_000, content_type="application/json", headers=KEY
    )
    refusal(response, 400, "invalid_request")


def test_create(member: Caller, empty: Cloud) -> None:
    """A server gets tags by which it is found again; with a key alone Nova is asked for them."""
    member.post("/api/v1/instances", json=CREATE, headers=KEY)
    sent = empty.sent("nova", "POST")[-1].json()["server"]
    assert len(sent["tags"]) == 2
    assert all(len(tag) <= 60 and KEY["Idempotency-Key"] not in tag for tag in sent["tags"])
    empty.forget()
    assert member.post("/api/v1/instances", json=CREATE).status_code == 202
    assert "tags" not in empty.sent("nova", "POST")[-1].json()["server"]
    assert [call for call in empty.calls() if "tags=" in call] == []


def test_create_when_redis_has_lost_it(member: Caller, empty: Cloud, store: FakeRedis) -> None:
    """Nova knows the server: the retry tells its id and makes none."""
    first = member.post("/api/v1/instances", json=CREATE, headers=KEY)
    tags = empty.sent("nova", "POST")[-1].json()["server"]["tags"]
    made = SERVER | {"id": body("server_created")["server"]["id"], "tags": tags}
    empty.answer("GET", "nova", f"/servers/detail?tags={tags[0]}", {"servers": [made]})
    store.values.clear()
    empty.forget()
    again = member.post("/api/v1/instances", json=CREATE, headers=KEY)
    assert again.status_code == 202
    assert check("bcs", "CreateInstance", again.json) == []
    assert again.json["instance"]["id"] == first.json["instance"]["id"]
    assert empty.writes() == []
    store.values.clear()
    other = {"instance": CREATE["instance"] | {"name": "another"}}
    refusal(
        member.post("/api/v1/instances", json=other, headers=KEY), 422, "idempotency_key_reused"
    )
    assert empty.writes() == []
