"""Keypairs: a project's in the API, a user's in Nova."""

from collections.abc import Callable
from typing import Any

import pytest

from kic_vm.mappings import keypairs as mapping
from kic_vm.schemas import keypairs as schemas
from tests.contract import check
from tests.unit.bodies import SERVER, body
from tests.unit.cloud import MICROVERSION, Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.personas import OTHER_PROJECT, PROJECT, SECRET, USER

JSON = dict[str, Any]
PATH = "/api/v1/keypairs"
RECORDED = body("keypair")["keypair"]


def create(caller: Caller, **wanted: Any) -> Any:
    return caller.post(PATH, json={"keypair": wanted})


def test_create(member: Caller, populated: Cloud) -> None:
    """Nova makes the key, under a name that carries the project; the private key is told once."""
    response = create(member, name="recorded")
    assert response.status_code == 201
    assert check("bcs", "CreateKeypair", response.json) == []
    keypair = response.json["keypair"]
    assert keypair["name"] == "recorded"
    assert keypair["private_key"] == f"{SECRET} private key"
    (sent,) = populated.sent("nova")
    assert sent.json() == {"keypair": {"name": SERVER["key_name"], "type": "ssh"}}
    assert sent.headers[MICROVERSION] == "compute 2.2"


def test_import(member: Caller, populated: Cloud) -> None:
    """A public key that is given goes to Nova, and there is no private key to tell."""
    answered = body("keypair_created")
    del answered["keypair"]["private_key"]
    populated.answer("POST", "nova", "/os-keypairs", answered, 201)
    response = create(member, name="recorded", public_key=RECORDED["public_key"])
    assert check("bcs", "CreateKeypair", response.json) == []
    assert response.json["keypair"]["private_key"] is None
    (sent,) = populated.sent("nova")
    assert sent.json()["keypair"]["public_key"] == RECORDED["public_key"]


def test_null_public_key(member: Caller, populated: Cloud) -> None:
    """Null is what leaving it out is."""
    assert create(member, name="k", public_key=None).status_code == 201
    (sent,) = populated.sent("nova")
    assert "public_key" not in sent.json()["keypair"]


@pytest.mark.parametrize(
    "name", ["k", "a" * 228, "with space", "under_score", "1", "A-b c_D9", "ends-"]
)
def test_names(member: Caller, populated: Cloud, name: str) -> None:
    """What Nova takes as a name, and what is left of its length."""
    response = create(member, name=name)
    assert response.status_code == 201, response.text
    (sent,) = populated.sent("nova")
    assert len(sent.json()["keypair"]["name"]) <= 255


@pytest.mark.parametrize(
    "name", ["", " ", " k", "k ", "-k", "k/l", "k.l", "k@l", "키", "k\n", "a" * 229, None, 5]
)
def test_wrong_names(member: Caller, populated: Cloud, name: Any) -> None:
    """Any other is refused with its field."""
    message = refusal(create(member, name=name), 400, "invalid_request")["message"]
    assert message.startswith("keypair.name: ")
    assert populated.calls() == []


@pytest.mark.parametrize("key", ["", "  ", "x" * 16385, 5])
def test_wrong_public_keys(member: Caller, populated: Cloud, key: Any) -> None:
    """What cannot be a public key is refused with its field."""
    message = refusal(create(member, name="k", public_key=key), 400, "invalid_request")["message"]
    assert message.startswith("keypair.public_key: ")


@pytest.mark.parametrize(
    ("recorded", "status", "code", "word"),
    [
        ("nova_409_keypair", 409, "already_exists", "name"),
        ("nova_400_publickey", 400, "invalid_request", "public_key: "),
    ],
)
def test_what_nova_refuses(
    member: Caller, populated: Cloud, recorded: str, status: int, code: str, word: str
) -> None:
    """Nova's refusals are told in our words, and without the name in Nova."""
    populated.refuse("POST", "nova", "/os-keypairs", recorded)
    message = refusal(create(member, name="k"), status, code)["message"]
    assert word in message
    assert "kic-" not in message


def test_get(reader: Caller, populated: Cloud) -> None:
    """Its id is its name; the time is Nova's, with an offset."""
    response = reader.get(f"{PATH}/recorded")
    assert check("bcs", "GetKeypair", response.json) == []
    assert response.json["keypair"] == {
        "id": "recorded",
        "name": "recorded",
        "user_id": USER,
        "fingerprint": RECORDED["fingerprint"],
        "public_key": RECORDED["public_key"],
        "type": "ssh",
        "created_at": "2026-11-23T10:46:59.000000Z",
    }
    assert len(populated.calls()) == 1


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_not_there(member: Caller, populated: Cloud, method: str) -> None:
    """What Nova does not know under the project's name is 404."""
    populated.refuse(method, "nova", f"/os-keypairs/{SERVER['key_name']}x", "nova_404_keypair")
    message = refusal(member.request(method, f"{PATH}/recordedx"), 404, "not_found")["message"]
    assert USER not in message


def test_list(member: Caller, populated: Cloud) -> None:
    """Only the project's are listed: not those of other projects, nor those made in Nova itself."""
    mine = body("keypairs")["keypairs"][0]["keypair"]
    others = [
        mine | {"name": mapping.nova_name(OTHER_PROJECT, "elsewhere")},
        mine | {"name": "native"},
        mine | {"name": "kic-native"},
        mine | {"name": mapping.nova_name(PROJECT, "second")},
    ]
    populated.answer(
        "GET", "nova", "/os-keypairs", {"keypairs": [{"keypair": item} for item in [mine, *others]]}
    )
    response = member.get(f"{PATH}?sort_keys=name&sort_dirs=asc")
    assert check("bcs", "ListKeypairs", response.json) == []
    assert [item["name"] for item in response.json["keypairs"]] == ["recorded", "second"]
    assert {item["user_id"] for item in response.json["keypairs"]} == {USER}


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("id=recorded", 1),
        ("id=record", 0),
        ("name=RECORD", 1),
        ("name=kic", 0),
        ("type=ssh", 1),
        ("type=x509", 0),
        (f"fingerprint={RECORDED['fingerprint']}", 1),
        ("created_at=2026-11-23", 0),
    ],
)
def test_filters(member: Caller, populated: Cloud, query: str, count: int) -> None:
    """Every filter of the contract is understood; Nova's list has no times."""
    assert member.get(f"{PATH}?{query}").json["pagination"]["total"] == count


def test_pages_of_nova(member: Caller, populated: Cloud) -> None:
    """Nova's pages of keypairs go on after a name."""
    mine = body("keypairs")["keypairs"][0]["keypair"]
    populated.answer(
        "GET",
        "nova",
        "/os-keypairs",
        {
            "keypairs": [{"keypair": mine | {"name": "native"}}],
            "keypairs_links": [{"rel": "next", "href": "..."}],
        },
    )
    populated.answer("GET", "nova", "/os-keypairs?marker=native", {"keypairs": [{"keypair": mine}]})
    assert member.get(PATH).json["pagination"]["total"] == 1


def test_delete(member: Caller, populated: Cloud) -> None:
    """It is 204, and Nova is asked for the name that carries the project."""
    assert member.delete(f"{PATH}/recorded").status_code == 204
    assert populated.calls() == [f"DELETE nova /os-keypairs/{SERVER['key_name']}"]


def test_each_project_its_own(caller: Callable[[str], Caller], populated: Cloud) -> None:
    """The same name in another project is another name in Nova."""
    assert create(caller("other"), name="recorded").status_code == 201
    (sent,) = populated.sent("nova")
    assert sent.json()["keypair"]["name"] == mapping.nova_name(OTHER_PROJECT, "recorded")


@pytest.mark.parametrize("project", [PROJECT, OTHER_PROJECT, "default", "f" * 32, "x" * 64])
@pytest.mark.parametrize("name", ["k", "a-b", "-", "kic-", "with space"])
def test_names_lead_back(project: str, name: str) -> None:
    """A name in Nova leads back to its project and name, and to no other project's."""
    in_nova = mapping.nova_name(project, name)
    assert mapping.project_name(project, in_nova) == name
    assert mapping.project_name("0" * 32, in_nova) is None
    assert mapping.shown_name(project, in_nova) == name


def test_length_of_names() -> None:
    """The longest name and the project's code fill Nova's 255 characters."""
    assert mapping.NAME_MAXIMUM == schemas.NAME_MAXIMUM
    assert len(mapping.nova_name(PROJECT, "a" * schemas.NAME_MAXIMUM)) == 255
