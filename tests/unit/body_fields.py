# SPDX-License-Identifier: Apache-2.0
"""Every field of all bodies, and a good request in which one of them has another value."""

import copy
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import flask
import pytest
from marshmallow import Schema, fields

from kic_vm import app
from kic_vm.api import openapi
from kic_vm.middleware import routes
from tests.unit.bodies import GROUP
from tests.unit.requests_of import arguments_of

JSON = dict[str, Any]

# What good requests leave out although fields are in it.
_OBJECTS: Final[dict[str, Any]] = {
    "instance.security_groups": [{"name": "default"}],
    "vpc.subnet": {"cidr_block": "10.0.0.0/20", "availability_zone": "kr-central-2-a"},
    "allowed_address_pairs": [{"ip_address": "10.0.0.9"}],
    "network_interface.security_groups": [GROUP],
}
# Fields that exclude another one, which good requests have.
_OTHERS: Final = {"member.user_name": "user_id"}


class BodyField(NamedTuple):
    """A field of an operation's body."""

    method: str
    template: str
    path: tuple[str | int, ...]
    field: fields.Field[Any]

    @property
    def name(self) -> str:
        """The field as errors name it."""
        return ".".join(map(str, self.path))

    def arguments(self, value: Any) -> JSON:
        """A good request for the operation, but for the value of the field."""
        arguments = arguments_of(self.method, self.template)
        place: Any = arguments["json"]
        for number, key in enumerate(self.path[:-1], start=1):
            name = ".".join(map(str, self.path[:number]))
            if isinstance(key, str) and not place.get(key) and name in _OBJECTS:
                place[key] = copy.deepcopy(_OBJECTS[name])
            place = place[key]
        excluded = _OTHERS.get(self.name)
        if excluded:
            del place[excluded]
        if isinstance(self.path[-1], int):
            place[:] = [value]
        else:
            place[self.path[-1]] = value
        return arguments


def body_schemas() -> dict[tuple[str, str], Schema]:
    """Method and path template of each operation with a body -> its schema."""
    described = flask.Flask("described")
    described.config.update(openapi.CONFIGURATION)
    api = openapi.Api(described)
    for blueprint in app._BLUEPRINTS:
        api.register_blueprint(blueprint)
    found = {}
    for rule in described.url_map.iter_rules():
        view = described.view_functions[rule.endpoint]
        for parameter in getattr(view, "_apidoc", {}).get("arguments", {}).get("parameters", []):
            schema = parameter["schema"]
            if parameter["in"] == "json":
                (method,) = (rule.methods or set()) - {"HEAD", "OPTIONS"}
                found[method, routes.template(rule.rule)] = (
                    schema() if isinstance(schema, type) else schema
                )
    return found


def _walk(field: fields.Field[Any], path: tuple[str | int, ...]) -> Iterator[Any]:
    yield path, field
    if isinstance(field, fields.Nested):
        for name, inner in field.schema.fields.items():
            yield from _walk(inner, (*path, name))
    elif isinstance(field, fields.List):
        yield from _walk(field.inner, (*path, 0))


BODY_FIELDS: Final = [
    BodyField(method, template, path, field)
    for (method, template), schema in sorted(body_schemas().items(), key=lambda item: item[0])
    for name, outer in schema.fields.items()
    for path, field in _walk(outer, (name,))
]


def each_field(*kinds: type[fields.Field[Any]]) -> pytest.MarkDecorator:
    """The fields of some kinds, as a test's parameter ``field``."""
    chosen = [row for row in BODY_FIELDS if isinstance(row.field, kinds)]
    assert chosen
    ids = [f"{row.method} {row.template} {row.name}" for row in chosen]
    return pytest.mark.parametrize("field", chosen, ids=ids)
