# SPDX-License-Identifier: Apache-2.0
"""Texts in bodies: each field has one rule, the same for all resources, and names itself."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from marshmallow import fields

from kic_vm.mappings.request_marks import own_description
from kic_vm.schemas import texts
from tests.texts import NO_DESCRIPTIONS, NO_NAMES, TEXTS
from tests.unit.body_fields import BODY_FIELDS, BodyField, each_field
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.requests_of import path_of

JSON = dict[str, Any]

# Of these the names have fewer characters.
SHORTER: Final = {"vpc": 200, "subnet": 200, "vpc_route_table": 200}
ADDRESSES: Final = [
    field
    for field in BODY_FIELDS
    if field.path[-1]
    in {"private_ip", "ip_address", "cidr_block", "remote_ip_prefix", "destination"}
]
KEYPAIR: Final = ("keypair", "name")


@pytest.fixture
def application(shared_application: Any) -> Any:
    """Nothing here depends on what the gateway remembers."""
    return shared_application


@pytest.fixture
def admin(caller: Callable[[str], Caller]) -> Caller:
    """Who may do everything in the project."""
    return caller("admin")


def is_possible(field: BodyField, label: str) -> bool | None:
    """Whether a field takes a text; None where that is a matter of what exists."""
    if field.path[-1] == "description":
        return label not in NO_DESCRIPTIONS
    if field.path[-1] == "name" and field.path != KEYPAIR and "security_groups" not in field.path:
        longest = SHORTER.get(str(field.path[0]), texts.NAME_MAXIMUM)
        return label not in NO_NAMES and len(TEXTS[label]) <= longest
    return False if label in NO_DESCRIPTIONS - {"too long"} else None


def descriptions(value: Any) -> Iterator[str]:
    """What is written upstream as a description."""
    if isinstance(value, list):
        for item in value:
            if isinstance(item, dict) and item.get("path") == "/description":
                yield item["value"]
            else:
                yield from descriptions(item)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key == "description" and isinstance(inner, str):
                yield inner
            else:
                yield from descriptions(inner)


@each_field(fields.String)
def test_texts(admin: Caller, populated: Cloud, field: BodyField) -> None:
    """A text is taken or refused by the field's rule; a description is kept to the letter."""
    path = path_of(field.method, field.template)
    for label, text in TEXTS.items():
        populated.forget()
        answer = admin.request(field.method, path, **field.arguments(text))
        possible = is_possible(field, label)
        refused = answer.status_code == 400
        assert answer.status_code not in {500, 502, 503, 504}, (label, answer.text)
        if possible is not None:
            assert refused is not possible, (label, answer.text)
        if refused:
            message = refusal(answer, 400, "invalid_request")["message"]
            assert message.startswith(tuple(f"{name}: " for name in (field.name, *field.path)))
        elif field.path[-1] == "description" and answer.status_code < 300 and text:
            bodies = [
                request.json()
                for request in populated.requests()
                if request.method in {"POST", "PUT", "PATCH"} and "auth/tokens" not in request.url
            ]
            written = [own_description(one) for one in descriptions(bodies)]
            assert text in {*written, *map(texts.shown, written)}, label


@pytest.mark.parametrize("label", sorted(TEXTS.keys() - NO_DESCRIPTIONS))
def test_stored(label: str) -> None:
    """What is stored has no control characters and no outer space, and gives the text back."""
    text = TEXTS[label]
    stored = texts.stored(text)
    assert stored == stored.strip()
    assert not {"\n", "\r", "\t"} & set(stored)
    assert texts.shown(stored) == text


def test_foreign_descriptions() -> None:
    """What was written in another way is shown as it is."""
    for text in ("plain", "a\nb", " x ", "", None):
        assert texts.shown(text) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "10.0.0", "010.0.0.1", "10.0.0.1 ", "fe80::1%eth0", "10.0.0.1/33", "x"),
        *("10.0.0.1/255.255.255.0", "10.0.0.1/0.0.0.255", "10.0.0.1/08", "fe80::%1/64", "1/1/1"),
    ],
)
@pytest.mark.parametrize("field", ADDRESSES, ids=lambda field: f"{field.method} {field.name}")
def test_addresses(admin: Caller, populated: Cloud, field: BodyField, text: str) -> None:
    """What is no address is refused wherever one belongs, before any call."""
    answer = admin.request(
        field.method, path_of(field.method, field.template), **field.arguments(text)
    )
    message = refusal(answer, 400, "invalid_request")["message"]
    assert message.startswith(f"{field.name}: Must ")
    assert populated.writes() == []
