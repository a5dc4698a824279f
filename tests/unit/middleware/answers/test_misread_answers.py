# SPDX-License-Identifier: Apache-2.0
"""Whatever is missing from an answer of a service: the service's failure, never the gateway's."""

import copy
from collections.abc import Callable, Iterator, Set
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

import kic_vm
from kic_vm import policies
from tests.unit.answers import Answered, answers
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.populated import populate
from tests.unit.prepared import prepare
from tests.unit.requests_of import arguments_of, path_of

JSON = dict[str, Any]
Place = tuple[str | int, ...]

OPERATIONS: Final = sorted(
    f"{item['method']} {item['path']}"
    for rule in policies.guarding_rules()
    for item in rule.operations
    if item["path"].startswith("/api/v1/")
)
# A key that nowhere stands in it is read by nobody.
SOURCE: Final = "".join(path.read_text() for path in Path(kic_vm.__file__).parent.rglob("*.py"))
# Of what these do something is left in the faked cloud, or is remembered.
STATEFUL: Final = ("keypairs", "members", "confirm-resize", "revert-resize")
NOT_FOUND: Final = frozenset({404, 409})
REFUSALS: Final = frozenset(range(400, 500))
SERVICES: Final = {
    "keystone": "identity",
    "nova": "compute",
    "cinder": "block-storage",
    "glance": "image",
    "neutron": "network",
}


def places(value: Any, begin: Place = ()) -> Iterator[Place]:
    """Where the keys of a body are that the gateway may read; of a list those of its first item."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if f'"{key}"' in SOURCE:
                yield (*begin, key)
            yield from places(inner, (*begin, key))
    elif isinstance(value, list) and value:
        yield from places(value[0], (*begin, 0))


def without(body: JSON, place: Place) -> JSON:
    """The body without one key."""
    changed = copy.deepcopy(body)
    del part_at(changed, place)[place[-1]]
    return changed


def replaced(body: JSON, place: Place, value: Any) -> JSON:
    """The body with another value for one key."""
    changed = copy.deepcopy(body)
    part_at(changed, place)[place[-1]] = value
    return changed


def part_at(body: JSON, place: Place) -> Any:
    """The part of a body that has a key."""
    part: Any = body
    for step in place[:-1]:
        part = part[step]
    return part


# Nova may leave the type out. The list that it is left out of does not show what was just created.
FROZEN = ("POST /api/v1/keypairs", "type")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_missing_key(caller: Callable[[str], Caller], populated: Cloud, operation: str) -> None:
    """Each key of each answer is missing once: the answer is good without it, or 502."""
    assert wrong_answers(caller, populated, operation, without) == []


@pytest.mark.parametrize("value", [None, 7, "text", [], {}], ids=str)
@pytest.mark.parametrize(
    "operation", ["GET /api/v1/instances", "GET /api/v1/volumes", "GET /api/v1/security-groups"]
)
def test_wrong_type(
    caller: Callable[[str], Caller], populated: Cloud, operation: str, value: Any
) -> None:
    """The same with a value of another type."""
    change = partial(replaced, value=value)
    assert wrong_answers(caller, populated, operation, change) == []


def resources(value: JSON) -> Iterator[Place]:
    """Where the resources are in a body."""
    return ((key,) for key, inner in value.items() if isinstance(inner, dict | list))


def emptied(body: JSON, place: Place) -> JSON:
    """The body with an empty resource, or without the items of its list."""
    return replaced(body, place, type(body[str(place[0])])())


@pytest.mark.parametrize("operation", OPERATIONS)
def test_null_resource(caller: Callable[[str], Caller], populated: Cloud, operation: str) -> None:
    """Each resource is null once."""
    change = partial(replaced, value=None)
    assert wrong_answers(caller, populated, operation, change, resources) == []


@pytest.mark.parametrize("operation", OPERATIONS)
def test_empty_resource(caller: Callable[[str], Caller], populated: Cloud, operation: str) -> None:
    """Each resource is empty once, and each list; without an item, a request may be refused."""
    assert wrong_answers(caller, populated, operation, emptied, resources, REFUSALS) == []


def wrong_answers(
    caller: Callable[[str], Caller],
    populated: Cloud,
    operation: str,
    change: Callable[[JSON, Place], JSON],
    find: Callable[[JSON], Iterator[Place]] = places,
    refusals: Set[int] = NOT_FOUND,
) -> list[Any]:
    """The changes after which an operation neither works nor blames the right service.

    :param find: where a body is changed
    :param refusals: the statuses with which the gateway may refuse the request after a change
    """
    method, template = operation.split(" ")
    persona = "member" if "keypairs" in template else "admin"

    def answer() -> Any:
        if any(word in template for word in STATEFUL):
            populate(populated)
            prepare(populated, operation)
            changed.register(populated)
        path, arguments = path_of(method, template), arguments_of(method, template)
        return caller(persona).request(method, path, **arguments)

    prepare(populated, operation)
    changed = Changed(None)
    good = answer()
    assert good.status_code < 500 or good.status_code == 501, good.text
    wrong = []
    for answered in answers(populated):
        changed = Changed(answered)
        changed.register(populated)
        for place in find(answered.body):
            changed.body = change(answered.body, place)
            problem = judged(answer(), {good.status_code, *refusals}, answered)
            if problem and (operation, place[-1]) != FROZEN:
                wrong.append((answered.method, answered.path, place, problem))
        changed.body = answered.body
    return wrong


class Changed:
    """An answer that can be changed after it was registered."""

    def __init__(self, answered: Answered | None) -> None:
        self._answered = answered
        self.body = answered.body if answered else {}

    def register(self, cloud: Cloud) -> None:
        """Have the cloud give it."""
        if self._answered:
            self._answered.answer_with(cloud, lambda _request, _context: self.body)


def judged(response: Any, right: Set[int], answered: Answered) -> str | None:
    """What is wrong with an answer of the gateway; None if nothing is."""
    if response.status_code in {502, 503}:
        service = response.json["error"].get("service")
        return None if service == SERVICES[answered.service] else f"{service} is blamed"
    return None if response.status_code in right else str(response.status_code)
