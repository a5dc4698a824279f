# SPDX-License-Identifier: Apache-2.0
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
from tests.unit.keypair_requests import COLLEAGUE, PATH, create, names
from tests.unit.nova_keypairs import NovaKeypairs
from tests.unit.personas import OTHER_PROJECT, PROJECT, SECRET, USER

RECORDED = body("keypair")["keypair"]
# Two for the roles, one for each of three who may create keypairs, and two for the roles again.
INDEX = 7


def test_create(member: Caller, populated: Cloud) -> None:
    """Nova makes the key, under a name that carries the project; the private key is told once."""
    response = create(member, name="new")
    assert response.status_code == 201
    assert check("bcs", "CreateKeypair", response.json) == []
    keypair = response.json["keypair"]
    assert (keypair["name"], keypair["user_id"]) == ("new", USER)
    assert keypair["private_key"] == f"{SECRET} private key"
    (sent,) = populated.sent("nova", "POST")
    assert sent.json() == {"keypair": {"name": mapping.nova_name(PROJECT, "new"), "type": "ssh"}}
    assert sent.headers[MICROVERSION] == "compute 2.2"


def test_import(member: Caller, populated: Cloud) -> None:
    """A public key that is given goes to Nova, and there is no private key to tell."""
    response = create(member, name="new", public_key=RECORDED["public_key"])
    assert check("bcs", "CreateKeypair", response.json) == []
    assert response.json["keypair"]["private_key"] is None
    (sent,) = populated.sent("nova", "POST")
    assert sent.json()["keypair"]["public_key"] == RECORDED["public_key"]


def test_null_public_key(member: Caller, populated: Cloud) -> None:
    """Null is what leaving it out is."""
    assert create(member, name="k", public_key=None).status_code == 201
    (sent,) = populated.sent("nova", "POST")
    assert "public_key" not in sent.json()["keypair"]


@pytest.mark.parametrize(
    "name", ["k", "a" * 183, "with space", "under_score", "1", "A-b c_D9", "ends-"]
)
def test_names(member: Caller, populated: Cloud, name: str) -> None:
    """What Nova takes as a name, and what is left of its length."""
    response = create(member, name=name)
    assert response.status_code == 201, response.text
    (sent,) = populated.sent("nova", "POST")
    assert len(sent.json()["keypair"]["name"]) <= 255


@pytest.mark.parametrize(
    "name", ["", " ", " k", "k ", "-k", "k/l", "k.l", "k@l", "키", "k\n", "a" * 184, None, 5]
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


def test_name_of_a_colleagues(caller: Callable[[str], Caller], nova: NovaKeypairs) -> None:
    """A name is the project's: whoever has taken it."""
    refusal(create(caller("colleague"), name="recorded"), 409, "already_exists")
    assert nova.names(COLLEAGUE) == []


def test_get(caller: Callable[[str], Caller], populated: Cloud) -> None:
    """Its id is its name, its user its creator; the time is Nova's, with an offset."""
    shown = {
        "id": "recorded",
        "name": "recorded",
        "user_id": USER,
        "fingerprint": RECORDED["fingerprint"],
        "public_key": RECORDED["public_key"],
        "type": "ssh",
        "created_at": "2026-11-23T10:46:59.000000Z",
    }
    for persona in ("reader", "member", "colleague", "admin"):
        populated.forget()
        response = caller(persona).get(f"{PATH}/recorded")
        assert check("bcs", "GetKeypair", response.json) == []
        assert response.json["keypair"] == shown
        first = INDEX if persona == "reader" else 0
        assert len(populated.calls()) == 1 + first


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_not_there(member: Caller, populated: Cloud, method: str) -> None:
    """What nobody in the project has is 404."""
    message = refusal(member.request(method, f"{PATH}/recordedx"), 404, "not_found")["message"]
    assert USER not in message


def test_list(caller: Callable[[str], Caller], populated: Cloud, nova: NovaKeypairs) -> None:
    """The project's, whoever made them: not other projects', nor those made in Nova itself."""
    nova.add(USER, mapping.nova_name(OTHER_PROJECT, "elsewhere"))
    nova.add(USER, "native")
    nova.add(USER, "kic-native")
    nova.add(COLLEAGUE, mapping.nova_name(PROJECT, "second"))
    nova.add("9" * 32, mapping.nova_name(PROJECT, "of a stranger"))
    response = caller("reader").get(f"{PATH}?sort_keys=name&sort_dirs=asc")
    assert check("bcs", "ListKeypairs", response.json) == []
    listed = {item["name"]: item["user_id"] for item in response.json["keypairs"]}
    assert listed == {"recorded": USER, "second": COLLEAGUE}
    populated.forget()
    assert names(caller("member")) == ["recorded", "second"]
    assert len(populated.calls()) == 1


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
    ],
)
def test_filters(member: Caller, populated: Cloud, query: str, count: int) -> None:
    """Every filter of the contract is understood; Nova's list has no times."""
    assert member.get(f"{PATH}?{query}").json["pagination"]["total"] == count


def test_pages_of_nova(member: Caller, populated: Cloud) -> None:
    """Nova's pages of keypairs go on after a name."""
    mine = body("keypairs")["keypairs"][0]["keypair"]
    populated.answer("GET", "keystone", "/role_assignments", {"role_assignments": []})
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
    assert populated.writes() == [f"DELETE nova /os-keypairs/{SERVER['key_name']}"]


@pytest.mark.parametrize("persona", ["colleague", "admin", "operator-here"])
def test_delete_of_another_ones(
    caller: Callable[[str], Caller], nova: NovaKeypairs, populated: Cloud, persona: str
) -> None:
    """Only the creator may, whatever the others' roles."""
    refusal(caller(persona).delete(f"{PATH}/recorded"), 403, "not_the_creator")
    assert populated.writes() == []


def test_each_project_its_own(caller: Callable[[str], Caller], populated: Cloud) -> None:
    """The same name in another project is another name in Nova."""
    assert create(caller("other"), name="recorded").status_code == 201
    (sent,) = populated.sent("nova", "POST")
    assert sent.json()["keypair"]["name"] == mapping.nova_name(OTHER_PROJECT, "recorded")


@pytest.mark.parametrize("project", [PROJECT, OTHER_PROJECT, "default", "f" * 32, "x" * 64])
@pytest.mark.parametrize("name", ["k", "a-b", "-", "kic-", "with space"])
def test_names_lead_back(project: str, name: str) -> None:
    """A name in Nova leads back to its project and name, and to no other project's."""
    in_nova = mapping.nova_name(project, name)
    assert mapping.project_name(project, in_nova) == name
    assert mapping.project_name("0" * 32, in_nova) is None
    assert mapping.instance_key_name(project, in_nova) == name
    assert mapping.copy_of(project, in_nova) is None


@pytest.mark.parametrize("creator", [USER, "f" * 32, "ab" * 32])
@pytest.mark.parametrize("name", ["k", "a-b", "-", "kic-", "with space"])
def test_names_of_copies_lead_back(creator: str, name: str) -> None:
    """A copy's name leads back to the creator too, and to no other project's keypair."""
    in_nova = mapping.copy_name(PROJECT, creator, name)
    assert mapping.copy_of(PROJECT, in_nova) == (creator, name)
    assert mapping.copy_of(OTHER_PROJECT, in_nova) is None
    assert mapping.project_name(PROJECT, in_nova) is None
    assert mapping.instance_key_name(PROJECT, in_nova) == name


CODE = mapping.copy_name(PROJECT, USER, "")[len("kic2-") :]
OF_A_USERS_OWN_MAKING = [
    f"kic2-{CODE[:23]}",
    f"kic2-{CODE[:23]}a",
    f"kic3-{CODE[:23]}a b c",
    f"kic2-{CODE[:23]}{' ' * 22}-name",
    f"kic2-{CODE[:-1]}xname",
    f"kic2-{CODE[:23]}{'A' * 21}B-name",
    f"kic2-{CODE}",
    f"kic3-{CODE}name",
    f"kic-{CODE[:23]}",
]


@pytest.mark.parametrize("in_nova", OF_A_USERS_OWN_MAKING)
def test_names_that_only_look_like_ours(
    member: Caller, populated: Cloud, nova: NovaKeypairs, in_nova: str
) -> None:
    """Whatever a user calls a keypair in Nova, nobody's list fails; an instance shows the name."""
    nova.add(COLLEAGUE, in_nova)
    nova.add(USER, in_nova)
    assert names(member) == ["recorded"]
    assert mapping.copy_of(PROJECT, in_nova) is None
    server = SERVER | {"key_name": in_nova}
    populated.answer("GET", "nova", f"/servers/{SERVER['id']}", {"server": server})
    shown = member.get(f"/api/v1/instances/{SERVER['id']}")
    assert shown.json["instance"]["key_name"] == in_nova


def test_length_of_names() -> None:
    """The longest name and the longest codes fill Nova's 255 characters."""
    assert mapping.NAME_MAXIMUM == schemas.NAME_MAXIMUM
    longest = "a" * schemas.NAME_MAXIMUM
    assert len(mapping.copy_name(PROJECT, "ab" * 32, longest)) == 255
