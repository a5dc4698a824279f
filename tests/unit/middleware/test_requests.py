# SPDX-License-Identifier: Apache-2.0
"""Bodies and queries that cannot be understood, each with what is wrong."""

from typing import Any

import pytest

from tests.unit.bodies import INSTANCE
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal

KEYPAIRS = "/api/v1/keypairs"


@pytest.fixture
def application(shared_application: Any) -> Any:
    """Nothing here depends on what the gateway remembers."""
    return shared_application


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", None],
)
def test_content_type(member: Caller, populated: Cloud, content_type: str | None) -> None:
    """A body that is not said to be JSON is 415."""
    response = member.put(INSTANCE, data=b'{"instance": {}}', content_type=content_type)
    refusal(response, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", "application/vnd.kakao+json"],
)
def test_content_types_of_json(member: Caller, populated: Cloud, content_type: str) -> None:
    """Every way of saying JSON is taken."""
    response = member.put(INSTANCE, data=b'{"instance": {"name": "n"}}', content_type=content_type)
    assert response.status_code == 200, response.text


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"nothing",
        b'{"instance": {}} x',
        b"\xff\xfe",
        b"[" * 100_000,
        b"",
    ],
)
def test_malformed(member: Caller, populated: Cloud, data: bytes) -> None:
    """A body that is no JSON, or none at all, is 400 and says so."""
    response = member.put(INSTANCE, data=data, content_type="application/json")
    assert "JSON" in refusal(response, 400, "invalid_request")["message"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, ["instance", "required"]),
        ({"instance": None}, ["instance", "null"]),
        ({"instance": []}, ["instance"]),
        ([], ["body"]),
        ("text", ["body"]),
        (1, ["body"]),
        ({"instance": {"colour": "red"}}, ["instance.colour", "Unknown field"]),
        ({"instance": {"name": "n"}, "more": 1}, ["more", "Unknown field"]),
        ({"instance": {"name": 5}}, ["instance.name", "string"]),
        ({"instance": {"name": ""}}, ["instance.name"]),
        ({"instance": {"name": " n"}}, ["instance.name", "space"]),
        ({"instance": {"name": "n\nm"}}, ["instance.name", "control"]),
        ({"instance": {"name": "\U0001f600"}}, ["instance.name", "U+FFFF"]),
        ({"instance": {"description": "\U0001f600"}}, ["instance.description", "U+FFFF"]),
        ({"instance": {"description": "\ud800"}}, ["instance.description", "U+FFFF"]),
        ({"instance": {"name": "n" * 256}}, ["instance.name", "255"]),
        ({"instance": {"description": "d" * 256}}, ["instance.description", "255"]),
    ],
)
def test_wrong_fields(member: Caller, populated: Cloud, body: Any, words: list[str]) -> None:
    """Each is 400, and the message names the field by its path."""
    message = refusal(member.put(INSTANCE, json=body), 400, "invalid_request")["message"]
    assert all(word in message for word in words), message
    assert populated.calls() == []


def test_many_wrong_fields(member: Caller, populated: Cloud) -> None:
    """Not more than five are listed, and the rest is counted."""
    body = {"instance": {f"wrong{number}": 1 for number in range(8)}}
    message = refusal(member.put(INSTANCE, json=body), 400, "invalid_request")["message"]
    assert message.count("Unknown field") == 5
    assert message.endswith("(and 3 more)")


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("colour=red", "colour"),
        ("limit=1&limit=2", "limit"),
        ("name=a&name=a", "name"),
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=x", "limit"),
        ("limit=", "limit"),
        ("offset=-1", "offset"),
        ("offset=99999999999", "offset"),
        ("sort_keys=colour", "sort_keys"),
        ("sort_dirs=up", "sort_dirs"),
        ("sort_keys=name&sort_dirs=asc,desc", "sort_dirs"),
        ("is_hadoop=perhaps", "is_hadoop"),
        ("instance_type=mainframe", "instance_type"),
    ],
)
def test_wrong_queries(member: Caller, populated: Cloud, query: str, word: str) -> None:
    """Each is 400, and the message names the parameter."""
    response = member.get(f"/api/v1/instances?{query}")
    assert word in refusal(response, 400, "invalid_request")["message"]


@pytest.mark.parametrize("path", ["/api/v1/flavors", "/api/v1/images", KEYPAIRS])
def test_unknown_parameter_everywhere(member: Caller, populated: Cloud, path: str) -> None:
    """Every list refuses a parameter that it does not have."""
    response = member.get(path, query_string={"colour": "red"})
    assert "colour" in refusal(response, 400, "invalid_request")["message"]


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (b'{"instance": {"name": "one", "name": "two"}}', "name"),
        (b'{"instance": {"name": "one"}, "instance": {"name": "two"}}', "instance"),
    ],
)
def test_field_that_came_twice(member: Caller, populated: Cloud, data: bytes, field: str) -> None:
    """Who has looked at the first one, such as a proxy, must not see the last one done."""
    response = member.put(INSTANCE, data=data, content_type="application/json")
    message = refusal(response, 400, "invalid_request")["message"]
    assert message == f"{field}: this field came twice."
    assert populated.writes() == []
