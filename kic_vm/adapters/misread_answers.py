# SPDX-License-Identifier: Apache-2.0
"""Find the service whose answer could not be read.

Answers are not validated beforehand, so reading one costs nothing extra. If code fails because of a
missing key, a missing item or a value of another type, its variables are examined: if it was
reading a part of an answer, that answer does not conform to the service's API. Otherwise the
failure is a defect of the gateway.
"""

import ast
import linecache
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Final

from kic_vm.adapters.service import Answer, Service

_MISREADING: Final = (
    LookupError,
    TypeError,
    AttributeError,
    ValueError,
    ArithmeticError,
    RecursionError,
    StopIteration,
)
_OWN_CODE: Final = "kic_vm."


def service_of(error: BaseException, answers: Iterable[Answer]) -> str | None:
    """The service whose answer caused an error; None if no answer did.

    :param answers: all answers received for the request
    """
    if not isinstance(error, _MISREADING):
        return None
    owners = _owners(answers)
    places = list(_own_places(error))
    if not places:
        return None
    innermost, *callers = places
    service = _service_read_at(innermost, owners)
    if service or isinstance(error, KeyError):  # a KeyError in our own table: no answer caused it
        return service
    return next(filter(None, (_service_handed_on_at(place, owners) for place in callers)), None)


def _owners(answers: Iterable[Answer]) -> dict[int, str]:
    """The service of each object, list and string in the answers, by identity."""
    owners = {}
    for answer in answers:
        parts: list[Any] = [answer]
        while parts:
            part = parts.pop()
            owners[id(part)] = answer.service
            if isinstance(part, dict | list):
                children = part.values() if isinstance(part, dict) else part
                parts += [child for child in children if _has_identity(child)]
    return owners


def _has_identity(value: Any) -> bool:
    """Whether the value is a distinct object; Python shares numbers and very short strings."""
    return isinstance(value, dict | list) or (isinstance(value, str) and len(value) > 1)


def _own_places(error: BaseException) -> Iterator[TracebackType]:
    """The frames of the gateway's own code in the traceback, innermost first."""
    places = []
    place = error.__traceback__
    while place is not None:
        places.append(place)
        place = place.tb_next
    for one in reversed(places):
        if str(one.tb_frame.f_globals.get("__name__", "")).startswith(_OWN_CODE):
            yield one


def _service_read_at(place: TracebackType, owners: dict[int, str]) -> str | None:
    """The service whose answer was being read, according to the variables.

    The variables of the failing expression come first.
    """
    variables = place.tb_frame.f_locals
    own = variables.get("self")
    return (
        _service_handed_on_at(place, owners)
        or _owner_of(variables.values(), owners)
        or (own.service if isinstance(own, Service) else None)
    )


def _service_handed_on_at(place: TracebackType, owners: dict[int, str]) -> str | None:
    """The service of an answer that the failing expression has in a variable."""
    variables = place.tb_frame.f_locals
    named = (variables[name] for name in _names_at(place) if name in variables)
    return _owner_of(named, owners)


def _owner_of(values: Iterable[Any], owners: dict[int, str]) -> str | None:
    for value in values:
        for part in [value, *(value if isinstance(value, list | tuple) else ())]:
            if id(part) in owners:
                return owners[id(part)]
            # A changed copy of an object still contains parts of the original.
            copied = part.values() if isinstance(part, dict) else ()
            owner = next((owners[id(child)] for child in copied if id(child) in owners), None)
            if owner:
                return owner
    return None


def _names_at(place: TracebackType) -> list[str]:
    """The variables of the failing expression; none if the source cannot be read."""
    code = place.tb_frame.f_code
    first, last, begin, end = list(code.co_positions())[place.tb_lasti // 2]
    if first is None or last is None:
        return []
    lines = [
        linecache.getline(code.co_filename, number).encode() for number in range(first, last + 1)
    ]
    if not all(lines):
        return []
    lines[-1] = lines[-1][:end]
    lines[0] = lines[0][begin:]
    try:
        expression = ast.parse(f"({b''.join(lines).decode()})", mode="eval")
    except SyntaxError:
        return []
    return [node.id for node in ast.walk(expression) if isinstance(node, ast.Name)]
