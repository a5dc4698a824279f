# SPDX-License-Identifier: Apache-2.0
"""The checker itself: it finds what the SDK's decoder would stumble over."""

import json
from typing import Any

import pytest

from tests.contract import DATA, check, load, operation_at

PAGE = {"keypairs": [], "pagination": {"total": 0, "offset": 0, "limit": 20}}
KEYPAIR = {
    "id": "k",
    "name": "k",
    "user_id": "u",
    "fingerprint": "f",
    "public_key": "p",
    "type": "ssh",
    "created_at": "2024-01-02T03:04:05Z",
}


def keypairs(**changes: Any) -> dict[str, Any]:
    return PAGE | {"keypairs": [KEYPAIR | changes]}


def test_a_right_body_has_no_problems() -> None:
    """A body of the contract's shape passes."""
    assert check("bcs", "ListKeypairs", keypairs()) == []


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (keypairs(id=1), "body.keypairs[0].id"),
        (keypairs(id=True), "body.keypairs[0].id"),
        (keypairs(colour="red"), "body.keypairs[0].colour"),
        (PAGE | {"keypairs": [None]}, "body.keypairs[0]"),
        (PAGE | {"keypairs": {}}, "body.keypairs"),
        (PAGE | {"pagination": {"total": 1.0}}, "body.pagination.total"),
        (PAGE | {"pagination": {"total": "1"}}, "body.pagination.total"),
        (PAGE | {"pagination": {"total": True}}, "body.pagination.total"),
        (PAGE | {"pagination": {"total": 2**31}}, "body.pagination.total"),
        ({"keypairs": []}, "body.pagination"),
        ({**PAGE, "lifecycle": {}}, "body.lifecycle"),
        ([], "body"),
        (None, "body"),
    ],
)
def test_a_wrong_body(body: Any, where: str) -> None:
    """One problem is reported, and at its place."""
    (problem,) = check("bcs", "ListKeypairs", body)
    assert problem.startswith(f"{where}:")


@pytest.mark.parametrize(
    "stamp",
    [
        "2024-01-02T03:04:05",
        "2024-01-02 03:04:05Z",
        "2024-01-02T03:04:05+0000",
        "2024-13-02T03:04:05Z",
        "",
        1704164645,
    ],
)
def test_a_wrong_time(stamp: Any) -> None:
    """A time without an offset, or that is none, is reported."""
    assert len(check("bcs", "ListKeypairs", keypairs(created_at=stamp))) == 1


@pytest.mark.parametrize(
    "stamp", ["2024-01-02T03:04:05Z", "2024-01-02T03:04:05.123456+00:00", None]
)
def test_a_right_time(stamp: Any) -> None:
    """Fractions and offsets are fine, and so is null where the decoder takes it."""
    assert check("bcs", "ListKeypairs", keypairs(created_at=stamp)) == []


def test_enumerations() -> None:
    """A word outside of its enumeration is reported; so is null where the decoder refuses it."""
    body = {"flavor": {"id": "f", "instance_type": "vm"}}
    problems = check("bcs", "GetInstanceType", body)
    body["flavor"]["instance_type"] = "mainframe"
    assert len(check("bcs", "GetInstanceType", body)) == len(problems) + 1
    assert check("bcs", "GetInstanceType", {"flavor": None}) == ["body.flavor: null is not read"]


def test_operations_without_a_body() -> None:
    """Where the SDK never reads a body there should be none."""
    assert check("bcs", "DeleteInstance", None) == []
    assert len(check("bcs", "DeleteInstance", {"instance": {}})) == 1
    assert check("bcs", "StartInstance", None) == []


def test_errors() -> None:
    """Errors have code and message as text; the gateway's details beside them are fine."""
    body: dict[str, dict[str, Any]] = {
        "error": {"code": "not_found", "message": "No.", "request_id": "req-1"}
    }
    assert check("bcs", "GetInstance", body, status=404) == []
    body["error"]["code"] = 404
    assert len(check("bcs", "GetInstance", body, status=404)) == 1


@pytest.mark.parametrize("service", ["bcs", "config", "iam", "image", "volume"])
def test_every_reference_leads_somewhere(service: str) -> None:
    """Each model that an operation or a field names is in the file."""
    contract = load(service)
    named = {item["response"]["2xx"] for item in contract["operations"]} - {None, "any"}
    for model in contract["models"].values():
        for field in model.get("fields", ()):
            named |= {part.strip("<>") for part in field["type"].split("ref ")[1:]}
    assert named <= contract["models"].keys()


def test_operations_are_found_by_path() -> None:
    """An operation's id is found by its method and path."""
    assert operation_at("bcs", "GET", "/api/v1/flavors/{flavor_id}") == "GetInstanceType"
    assert operation_at("bcs", "GET", "/api/v1/nothing") is None


def test_data_is_plain_json() -> None:
    """Every file of data names its service."""
    paths = list(DATA.glob("*.json"))
    assert len(paths) == 7
    for path in paths:
        assert json.loads(path.read_text())["service"] == path.stem
