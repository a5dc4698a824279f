# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI document against that of the last release: clients of the release keep working."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.released import latest, without_examples
from tests.released.changes import breaking_changes
from tests.unit.conftest import Caller

JSON = dict[str, Any]
_HOW_TO_PROCEED = (
    "These changes break clients of the last release: keep the old form beside the new one. If a "
    "break is intended, describe it under `upgrade` in a release note, release a new major "
    "version, and record its document with `python -m tests.released VERSION`."
)


@pytest.fixture
def application(shared_application: Any) -> Any:
    """Nothing here depends on what the gateway remembers."""
    return shared_application


def test_nothing_is_broken(anybody: Caller) -> None:
    """No change since the last release breaks its clients."""
    _version, released = latest()
    changes = breaking_changes(released, without_examples(anybody.get("/openapi.json").json))
    assert changes == [], _HOW_TO_PROCEED


DOCUMENT: JSON = {
    "paths": {
        "/things": {
            "post": {
                "operationId": "create_thing",
                "security": [],
                "parameters": [
                    {
                        "in": "query",
                        "name": "kind",
                        "schema": {"type": "string", "enum": ["a", "b"]},
                    }
                ],
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/NewThing"}}
                    }
                },
                "responses": {
                    "201": {
                        "headers": {"ETag": {}},
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}
                        },
                    },
                    "404": {"description": "no"},
                },
            }
        }
    },
    "components": {
        "schemas": {
            "NewThing": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "maxLength": 255},
                    "size": {"type": "integer", "minimum": 1, "nullable": True},
                },
            },
            "Thing": {
                "type": "object",
                "required": ["id"],
                "properties": {
                    "id": {"type": "string"},
                    "state": {"type": "string", "enum": ["on", "off"]},
                    "parts": {
                        "type": "array",
                        "items": {"allOf": [{"$ref": "#/components/schemas/Thing"}]},
                    },
                },
            },
        }
    },
    "x-error-codes": [{"code": "not_found"}],
}


def operation(document: JSON) -> JSON:
    """The operation of the document."""
    found: JSON = document["paths"]["/things"]["post"]
    return found


def properties(document: JSON, schema: str) -> JSON:
    """The properties of a schema of the document."""
    found: JSON = document["components"]["schemas"][schema]["properties"]
    return found


BREAKS: dict[str, Callable[[JSON], Any]] = {
    "POST /things is removed": lambda new: new["paths"].clear(),
    "the operationId create_thing is changed": lambda new: operation(new).update(operationId="x"),
    "now requires a token": lambda new: operation(new).update(security=[{"token": []}]),
    "query parameter kind is removed": lambda new: operation(new)["parameters"].clear(),
    "query parameter kind is now required": lambda new: operation(new)["parameters"][0].update(
        required=True
    ),
    "query parameter more is new and required": lambda new: operation(new)["parameters"].append(
        {"in": "query", "name": "more", "required": True}
    ),
    "query parameter kind no longer accepts ['b']": lambda new: operation(new)["parameters"][0][
        "schema"
    ].update(enum=["a"]),
    "a body is now required": lambda new: operation(new)["requestBody"].update(required=True),
    "body: application/json is removed": lambda new: operation(new).pop("requestBody"),
    "body.name is removed": lambda new: properties(new, "NewThing").pop("name"),
    "body.size is now required": lambda new: new["components"]["schemas"]["NewThing"].update(
        required=["name", "size"]
    ),
    "body.name: maxLength is now 10": lambda new: properties(new, "NewThing")["name"].update(
        maxLength=10
    ),
    "body.size: minimum is now 2": lambda new: properties(new, "NewThing")["size"].update(
        minimum=2
    ),
    "body.size can no longer be null": lambda new: properties(new, "NewThing")["size"].pop(
        "nullable"
    ),
    "body.name: the type string is now integer": lambda new: properties(new, "NewThing")[
        "name"
    ].update(type="integer"),
    "body.name: the pattern None is now ^a": lambda new: properties(new, "NewThing")["name"].update(
        pattern="^a"
    ),
    "the response 404 is removed": lambda new: operation(new)["responses"].pop("404"),
    "the header ETag is removed": lambda new: operation(new)["responses"]["201"].pop("headers"),
    "response 201.state is removed": lambda new: properties(new, "Thing").pop("state"),
    "response 201.id may now be absent": lambda new: new["components"]["schemas"]["Thing"].pop(
        "required"
    ),
    "response 201.id can now be null": lambda new: properties(new, "Thing")["id"].update(
        nullable=True
    ),
    "response 201.state can now have any value": lambda new: properties(new, "Thing")["state"].pop(
        "enum"
    ),
    "the error code not_found is removed": lambda new: new["x-error-codes"].clear(),
}


@pytest.mark.parametrize("sentence", BREAKS)
def test_breaks(sentence: str) -> None:
    """A change that breaks clients is named."""
    new = copy.deepcopy(DOCUMENT)
    BREAKS[sentence](new)
    assert any(sentence in change for change in breaking_changes(DOCUMENT, new))


ADDITIONS: dict[str, Callable[[JSON], Any]] = {
    "nothing": lambda _new: None,
    "a path": lambda new: new["paths"].update({"/more": {}}),
    "a parameter": lambda new: operation(new)["parameters"].append({"in": "query", "name": "more"}),
    "a value in a request": lambda new: operation(new)["parameters"][0]["schema"]["enum"].append(
        "c"
    ),
    "a field in a request": lambda new: properties(new, "NewThing").update(more={}),
    "a field in a response": lambda new: properties(new, "Thing").update(more={}),
    "a larger limit": lambda new: properties(new, "NewThing")["name"].update(maxLength=300),
    "no limit": lambda new: properties(new, "NewThing")["size"].pop("minimum"),
    "a response": lambda new: operation(new)["responses"].update({"409": {}}),
    "a description": lambda new: properties(new, "Thing")["id"].update(description="The id."),
    "an error code": lambda new: new["x-error-codes"].append({"code": "more"}),
}


@pytest.mark.parametrize("addition", ADDITIONS)
def test_additions(addition: str) -> None:
    """A change that existing clients do not notice is no break."""
    new = copy.deepcopy(DOCUMENT)
    ADDITIONS[addition](new)
    assert breaking_changes(DOCUMENT, new) == []
