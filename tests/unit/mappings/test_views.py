# SPDX-License-Identifier: Apache-2.0
"""The types of the responses have the fields of their schemas."""

import importlib
import inspect
import pkgutil
import re
import types
import typing
from collections.abc import Iterator
from typing import Any

import pytest
from marshmallow import Schema, fields

from kic_vm import mappings, schemas

Pair = tuple[Any, type[Schema]]
# Marshmallow's fields, and the Python types that they return.
_TYPES = {
    fields.String: str,
    fields.Integer: int,
    fields.Boolean: bool,
    fields.List: list,
    fields.Dict: dict,
}


def _members(package: types.ModuleType) -> Iterator[type]:
    """The classes that the modules of a package define."""
    for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        module = importlib.import_module(info.name)
        for member in vars(module).values():
            if inspect.isclass(member) and member.__module__ == info.name:
                yield member


_SCHEMAS = {member.__name__: member for member in _members(schemas) if issubclass(member, Schema)}
_VIEWS = {
    member.__name__: member
    for member in _members(mappings)
    if typing.is_typeddict(member) and member.__name__.endswith("View")
}


_PAIRS = [
    (view, _SCHEMAS[name])
    for view in _VIEWS.values()
    for name in re.findall(r"\b\w+Schema\b", view.__doc__ or "")
]


def _type_of(view: type, name: str) -> tuple[Any, bool]:
    """The type of a key without ``NotRequired`` and ``None``, and whether it may be None."""
    hint = typing.get_type_hints(view)[name]
    if not isinstance(hint, types.UnionType):
        return hint, hint is types.NoneType
    options = [option for option in typing.get_args(hint) if option is not types.NoneType]
    return options[0], len(options) < len(typing.get_args(hint))


@pytest.fixture(params=_PAIRS, ids=lambda pair: f"{pair[0].__name__}-{pair[1].__name__}")
def pair(request: pytest.FixtureRequest) -> Pair:
    params: Pair = request.param
    return params


def test_most_views_have_a_schema() -> None:
    """The walk finds the views, and their docstrings name the schemas."""
    assert len({view for view, _schema in _PAIRS}) > len(_VIEWS) / 2


def test_keys(pair: Pair) -> None:
    """A view has the fields of its schema, and always those that the schema requires."""
    view, schema = pair
    declared = schema().fields
    assert set(typing.get_type_hints(view)) == set(declared)
    assert {name for name, field in declared.items() if field.required} <= view.__required_keys__


def test_nulls(pair: Pair) -> None:
    """Only fields that may be null may be None in the view."""
    view, schema = pair
    nullable = {name for name in schema().fields if _type_of(view, name)[1]}
    assert nullable <= {name for name, field in schema().fields.items() if field.allow_none}


def test_types(pair: Pair) -> None:
    """A key has the type of its field; a nested type has the fields of the nested schema."""
    view, schema = pair
    for name, field in schema().fields.items():
        hint, _may_be_none = _type_of(view, name)
        if hint is types.NoneType:
            continue
        item = field.inner if isinstance(field, fields.List) else field
        if isinstance(item, fields.Nested):
            shown = typing.get_args(hint)[0] if isinstance(field, fields.List) else hint
            assert set(typing.get_type_hints(shown)) == set(item.schema.fields), name
            continue
        expected = {known for kind, known in _TYPES.items() if isinstance(field, kind)}
        assert expected <= {typing.get_origin(hint) or hint}, name
