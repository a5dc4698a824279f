# SPDX-License-Identifier: Apache-2.0
"""The types of request bodies have the fields that their schemas load."""

import importlib
import inspect
import pkgutil
import re
import types
import typing
from collections.abc import Iterator
from typing import Any

import pytest
from marshmallow import Schema, fields, missing

from kic_vm import schemas

Fields = dict[str, fields.Field[Any]]


def _members() -> Iterator[type]:
    """The classes that the modules of the schemas define."""
    for info in pkgutil.iter_modules(schemas.__path__, f"{schemas.__name__}."):
        module = importlib.import_module(info.name)
        for member in vars(module).values():
            if inspect.isclass(member) and member.__module__ == info.name:
                yield member


_MEMBERS = {member.__name__: member for member in _members()}
_BODIES = [body for name, body in _MEMBERS.items() if name.endswith("Body")]


@pytest.fixture(params=_BODIES, ids=lambda body: body.__name__)
def body(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def loaded(body: Any) -> Fields:
    """The fields of the schema that the docstring of the type names."""
    (name,) = re.findall(r"see (\w+Schema)\b", body.__doc__)
    schema: type[Schema] = _MEMBERS[name]
    return schema().fields


def test_there_are_bodies() -> None:
    """The walk finds the types."""
    assert _BODIES


def test_keys(body: Any, loaded: Fields) -> None:
    """A type has the keys of its schema."""
    assert set(typing.get_type_hints(body)) == set(loaded)


def test_required_keys(body: Any, loaded: Fields) -> None:
    """A key is always there if the request must have it, or if it has a default."""
    always = {
        name
        for name, field in loaded.items()
        if field.required or field.load_default is not missing
    }
    assert body.__required_keys__ == always


def test_nulls(body: Any, loaded: Fields) -> None:
    """A value may be None if the request may have null."""
    nullable = {
        name
        for name, hint in typing.get_type_hints(body).items()
        if isinstance(hint, types.UnionType) and types.NoneType in typing.get_args(hint)
    }
    assert nullable == {name for name, field in loaded.items() if field.allow_none}
