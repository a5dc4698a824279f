"""Whose answer it was that could not be read.

Reading an answer costs nothing extra: nothing of it is checked beforehand. When reading fails, with
a key that is missing or a value of another type, the failing code is looked at: if it was reading a
part of an answer, that answer is not what the service's API documents. If it was not, the failure
is a defect of the gateway.
"""

import ast
import linecache
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Final

from kic_vm.adapters.connection import Answer, Service

_MISREADING: Final = (LookupError, TypeError, AttributeError, ValueError)
_OWN_CODE: Final = "kic_vm."
_MAPPINGS: Final = "kic_vm.mappings."


def service_of(error: BaseException, answers: Iterable[Answer]) -> str | None:
    """The service whose answer caused an error; None if none did.

    :param answers: all that were received for the request
    """
    if not isinstance(error, _MISREADING):
        return None
    owners = _owners(answers)
    for place in _own_places(error):
        service = _service_read_at(place, owners)
        # A mapping may have handed a part of the answer to a function of its own.
        if service or not place.tb_frame.f_globals["__name__"].startswith(_MAPPINGS):
            return service
    return None


def _owners(answers: Iterable[Answer]) -> dict[int, str]:
    """The service of each object and list in the answers, by identity."""
    owners = {}
    for answer in answers:
        parts: list[Any] = [answer]
        while parts:
            part = parts.pop()
            owners[id(part)] = answer.service
            children = part.values() if isinstance(part, dict) else part
            parts += [child for child in children if isinstance(child, dict | list)]
    return owners


def _own_places(error: BaseException) -> Iterator[TracebackType]:
    """Where in the gateway's own code the error was raised, innermost first."""
    places = []
    place = error.__traceback__
    while place is not None:
        places.append(place)
        place = place.tb_next
    for one in reversed(places):
        if str(one.tb_frame.f_globals.get("__name__", "")).startswith(_OWN_CODE):
            yield one


def _service_read_at(place: TracebackType, owners: dict[int, str]) -> str | None:
    """The service whose answer was being read, by what the variables hold.

    Those of the failing expression come first.
    """
    variables = place.tb_frame.f_locals
    named = [variables[name] for name in _names_at(place) if name in variables]
    for value in [*named, *variables.values()]:
        for part in [value, *(value if isinstance(value, list | tuple) else ())]:
            if id(part) in owners:
                return owners[id(part)]
    service = variables.get("self")
    return service.service if isinstance(service, Service) else None


def _names_at(place: TracebackType) -> list[str]:
    """The variables of the expression that failed; none where the source cannot be read."""
    code = place.tb_frame.f_code
    line, last_line, begin, end = list(code.co_positions())[place.tb_lasti // 2]
    if line is None or line != last_line:
        return []
    text = linecache.getline(code.co_filename, line).encode()[begin:end].decode()
    try:
        expression = ast.parse(text.strip(), mode="eval")
    except SyntaxError:
        return []
    return [node.id for node in ast.walk(expression) if isinstance(node, ast.Name)]
