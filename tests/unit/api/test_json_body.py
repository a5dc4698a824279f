# SPDX-License-Identifier: Apache-2.0
"""Reading JSON bodies: strictly, and with work that grows with their length alone."""

import functools
import json
from typing import Any

import pytest

from kic_vm import exceptions
from kic_vm.api import json_body


@functools.total_ordering
class Name(str):
    """A field's name that counts how often it is compared with another one."""

    comparisons = 0

    def __eq__(self, other: object) -> bool:
        Name.comparisons += 1
        return str(self) == str(other)

    def __lt__(self, other: str) -> bool:
        Name.comparisons += 1
        return str(self) < str(other)

    __hash__ = str.__hash__


@pytest.mark.parametrize("count", [100, 1_000, 10_000])
@pytest.mark.parametrize("place", [0, 0.5, 1])
def test_work_of_repeated_names(count: int, place: float) -> None:
    """A repeated name is found with a few comparisons for each field, wherever it stands."""
    pairs: list[tuple[str, Any]] = [(Name(f"field {number}"), number) for number in range(count)]
    pairs.append((Name(f"field {int((count - 1) * place)}"), 0))
    Name.comparisons = 0
    with pytest.raises(exceptions.InvalidRequest, match="this field came twice"):
        json_body.object_with_unique_names(pairs)
    assert Name.comparisons <= 4 * count


@pytest.mark.parametrize("count", [256, 257, 10_000])
def test_number_of_fields(count: int) -> None:
    """An object that is larger than any of the API is refused."""
    body = json.dumps({"a": [dict.fromkeys(map(str, range(count)), 0)]}).encode()
    if count <= json_body.FIELDS_MAXIMUM:
        assert len(json_body.read(body)["a"][0]) == count
    else:
        with pytest.raises(exceptions.InvalidRequest, match="an object of more than 256 fields"):
            json_body.read(body)


@pytest.mark.parametrize("depth", [0, 1, 5, 50])
@pytest.mark.parametrize("name", ["a", "", "\\u0061", "\x7f", "키"])
def test_repeated_name_at_any_depth(depth: int, name: str) -> None:
    """It is refused by its name."""
    text = '{"x": [' * depth + f'{{"{name}": 1, "b": 2, "{name}": 3}}' + "]}" * depth
    shown = json.loads(f'"{name}"', strict=False)
    with pytest.raises(exceptions.InvalidRequest) as caught:
        json_body.read(text.encode())
    assert caught.value.message == f"{shown}: this field came twice."


@pytest.mark.parametrize("digits", [41, 4_300, 4_301, 100_000])
@pytest.mark.parametrize("form", ["%s", "-%s", "[%s]", '{"a": %s}'])
def test_long_integer(digits: int, form: str) -> None:
    """An integer that no field can hold is refused before it is read."""
    text = form % ("9" * digits)
    with pytest.raises(exceptions.InvalidRequest, match="an integer of more than 40 digits"):
        json_body.read(text.encode())


@pytest.mark.parametrize("value", [0, -1, 2**63, -(2**63), 10**38, 1.5, None, True, "9" * 5000])
def test_value(value: Any) -> None:
    """Everything else is read as it stands."""
    assert json_body.read(json.dumps({"a": [value]}).encode()) == {"a": [value]}


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_constant_of_python(constant: str) -> None:
    """What Python takes and JSON does not is not JSON."""
    with pytest.raises(exceptions.InvalidRequest, match="not valid JSON"):
        json_body.read(f'{{"a": {constant}}}'.encode())


@pytest.mark.parametrize("depth", [2_000, 30_000, 100_000])
@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
@pytest.mark.parametrize("is_closed", [False, True])
def test_deep_nesting(depth: int, opening: str, *, is_closed: bool) -> None:
    """It is refused, whether the body is complete or not."""
    closing = "".join({"[": "]", "{": "}"}.get(mark, "") for mark in reversed(opening))
    text = opening * depth + "1" + closing * depth * is_closed
    with pytest.raises(exceptions.InvalidRequest, match="not valid JSON"):
        json_body.read(text.encode())
