# SPDX-License-Identifier: Apache-2.0
"""Updates of all resources: what is left out stays, null clears what can be cleared."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from tests.unit.body_fields import BODY_FIELDS, BodyField
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.requests_of import arguments_of, path_of

JSON = dict[str, Any]

# The fields of each update: method and path, envelope -> its fields.
UPDATES: Final[dict[tuple[str, str], dict[str, list[BodyField]]]] = {}
for _field in BODY_FIELDS:
    if _field.method == "PUT" and len(_field.path) == 2 and isinstance(_field.path[1], str):
        _fields = UPDATES.setdefault((_field.template, str(_field.path[0])), {})
        _fields.setdefault(_field.path[1], []).append(_field)
OPTIONAL: Final = [
    (template, envelope, name)
    for (template, envelope), named in UPDATES.items()
    for name, (field,) in named.items()
    if not field.field.required
]
# What each one is called upstream.
UPSTREAM: Final = {"is_delete_on_termination": "delete_on_termination"}
# What null can clear; any other field stays, as nothing is meant by its absence.
CLEARED: Final = {"description"}
VALUES: Final[JSON] = {
    "name": "another",
    "description": "described",
    "is_delete_on_termination": True,
}


@pytest.fixture
def application(shared_application: Any) -> Any:
    """Nothing here depends on what the gateway remembers."""
    return shared_application


@pytest.fixture
def admin(caller: Callable[[str], Caller]) -> Caller:
    """Who may do everything in the project."""
    return caller("admin")


def written(value: Any) -> Iterator[tuple[str, Any]]:
    """Every field that is written upstream, with its value; a removed one has None."""
    if isinstance(value, list):
        for item in value:
            if isinstance(item, dict) and "op" in item:
                yield item["path"].removeprefix("/"), item.get("value")
            else:
                yield from written(item)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key, inner
            yield from written(inner)


def changed(who: Caller, cloud: Cloud, template: str, envelope: str, body: JSON) -> Any:
    """The answer to an update, and what it has written upstream."""
    cloud.forget()
    answer = who.put(path_of("PUT", template), json={envelope: body})
    bodies = [
        request.json()
        for service in ("nova", "cinder", "glance", "neutron")
        for method in ("PUT", "PATCH")
        for request in cloud.sent(service, method)
    ]
    return answer, [pair for sent in bodies for pair in written(sent)]


def value_of(template: str, envelope: str, name: str) -> Any:
    """A good value for a field."""
    good = arguments_of("PUT", template)["json"][envelope]
    return good.get(name, VALUES.get(name))


@pytest.mark.parametrize(("template", "envelope", "name"), OPTIONAL)
def test_left_out(admin: Caller, populated: Cloud, template: str, envelope: str, name: str) -> None:
    """A field that the body does not have is not written."""
    named = UPDATES[template, envelope]
    required = {
        other: value_of(template, envelope, other)
        for other, (field,) in named.items()
        if field.field.required
    }
    for other in [*named, None]:
        if other == name:
            continue
        body = dict(required)
        if other is not None and value_of(template, envelope, other) is not None:
            body[other] = value_of(template, envelope, other)
        answer, pairs = changed(admin, populated, template, envelope, body)
        if body:
            assert answer.status_code in {200, 202, 204}, answer.text
        else:
            assert answer.status_code in {200, 204, 400}, answer.text
            assert pairs == []
        assert UPSTREAM.get(name, name) not in dict(pairs)


@pytest.mark.parametrize(("template", "envelope", "name"), OPTIONAL)
def test_null(admin: Caller, populated: Cloud, template: str, envelope: str, name: str) -> None:
    """Null clears a description, and leaves what a resource cannot be without."""
    answer, pairs = changed(admin, populated, template, envelope, {name: None})
    if name in CLEARED:
        assert answer.status_code in {200, 204}, answer.text
        assert (name, None) in pairs or (name, "") in pairs
    else:
        assert answer.status_code in {200, 204, 400}, answer.text
        assert pairs == []


def test_described(admin: Caller, populated: Cloud) -> None:
    """Every optional field is one that these tests know how to change."""
    assert {name for _template, _envelope, name in OPTIONAL} <= {*VALUES, "security_groups"}
    assert len(UPDATES) > 10


@pytest.mark.parametrize(("template", "envelope"), sorted(UPDATES))
def test_unknown_field(admin: Caller, populated: Cloud, template: str, envelope: str) -> None:
    """A field that the update does not have is refused by its name."""
    body = arguments_of("PUT", template)["json"][envelope] | {"colour": "red"}
    answer = admin.put(path_of("PUT", template), json={envelope: body})
    assert f"{envelope}.colour" in refusal(answer, 400, "invalid_request")["message"]
