# SPDX-License-Identifier: Apache-2.0
"""One operation of the OpenAPI document as reStructuredText."""

import itertools
import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from api_reference import errors, examples
from api_reference.document import resolved
from api_reference.errors import list_table
from kic_vm import policies
from kic_vm.i18n import languages
from kic_vm.policies import base

JSON = dict[str, Any]
METHODS = ("get", "put", "post", "delete")
WHO = {
    base.PUBLIC: "everyone, without a token",
    base.PROJECT_READER: "project readers, members and admins",
    base.PROJECT_MEMBER: "project members and admins",
    base.PROJECT_ADMIN: "project admins",
}


def section(
    document: JSON, name: str, described: JSON, shared: list[JSON], example: JSON | None
) -> list[str]:
    """The section of one operation.

    :param name: its method and path
    :param shared: the parameters that the path has
    :param example: None while none is recorded
    """
    title = described["summary"].rstrip(".")
    parameters = [
        parameter
        for one in [*shared, *described.get("parameters", [])]
        if (parameter := resolved(document, one))["name"] != languages.HEADER
    ]
    lines = [title, "-" * len(title), "", ".. code-block:: http", "", f"   {name} HTTP/1.1", ""]
    lines += _rule(described["x-policy-rule"])
    if parameters:
        rows = [_parameter(one) for one in parameters]
        lines += ["**Parameters**", ""]
        lines += list_table(("Name", "In", "Type", "Meaning"), (25, 10, 20, 45), rows)
    if "requestBody" in described:
        schema = described["requestBody"]["content"]["application/json"]["schema"]
        lines += ["**Request body**", ""]
        if schema_of(document, schema).get("properties"):
            lines += _fields(document, schema, is_sent=True)
        else:
            lines += [described["requestBody"].get("description", "A JSON object."), ""]
    lines += _answers(document, described)
    lines += _errors(described, parameters, [] if example is None else example["refusals"])
    return [*lines, *examples.lines(example)]


def _rule(name: str) -> list[str]:
    rule = next(one for one in policies.guarding_rules() if one.name == name)
    return [f"Policy rule: ``{name}``. Default: {WHO[rule.check_str]}.", ""]


def _parameter(parameter: JSON) -> tuple[str, ...]:
    if parameter["name"] == "Idempotency-Key":
        return ("``Idempotency-Key``", "header", "string", "See :ref:`retries`.")
    schema = parameter.get("schema", {})
    words = [parameter.get("description", ""), *_limits(schema)]
    if parameter["in"] == "query" and parameter.get("required"):
        words.append("Required.")
    return (f"``{parameter['name']}``", parameter["in"], _type(schema), _sentence(words))


def _fields(document: JSON, schema: JSON, *, is_sent: bool) -> list[str]:
    rows = [
        (
            f"``{name}``",
            _type(field),
            _sentence(
                [
                    field.get("description", ""),
                    *_limits(field),
                    "Required." if is_sent and is_required else "",
                ]
            ),
        )
        for name, field, is_required in _flat(document, schema, "")
    ]
    return list_table(("Field", "Type", "Meaning"), (40, 20, 40), rows)


def _flat(document: JSON, schema: JSON, prefix: str) -> Iterator[tuple[str, JSON, bool]]:
    """Each field of an object and of the objects in it, by its dotted name; whether it must be."""
    for name, raw in schema_of(document, schema).get("properties", {}).items():
        field = schema_of(document, raw)
        is_required = name in schema_of(document, schema).get("required", [])
        yield f"{prefix}{name}", field, is_required
        inner = schema_of(document, field["items"]) if field.get("type") == "array" else field
        if inner.get("properties"):
            dots = "[]." if field.get("type") == "array" else "."
            yield from _flat(document, inner, f"{prefix}{name}{dots}")


def schema_of(document: JSON, schema: JSON) -> JSON:
    """A schema with its reference followed, or the one that is not null of several."""
    found = resolved(document, schema)
    for choice in ("anyOf", "oneOf"):
        choices = [resolved(document, one) for one in found.get(choice, [])]
        real = [one for one in choices if one.get("enum") != [None]]
        if len(real) == 1:
            return real[0]
    return found


def _type(schema: JSON) -> str:
    if schema.get("type") == "array":
        return f"array of {schema['items'].get('type', 'object')}"
    words = [schema.get("type", "object"), schema.get("format", "")]
    return " ".join(word for word in words if word) + (" or null" if schema.get("nullable") else "")


def _limits(schema: JSON) -> list[str]:
    found = []
    choices = schema.get("enum") or schema.get("items", {}).get("enum")
    if choices:
        words = [f"``{_value(one)}``" for one in choices if one is not None]
        found.append(f"One of {', '.join(words)}.")
    if "minimum" in schema:
        upper = f" to {schema['maximum']}" if "maximum" in schema else " or more"
        found.append(f"{schema['minimum']}{upper}.")
    if "maxLength" in schema:
        found.append(f"At most {schema['maxLength']} characters.")
    if schema.get("default") is not None:
        found.append(f"Default: ``{_value(schema['default'])}``.")
    return found


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _answers(document: JSON, described: JSON) -> list[str]:
    lines: list[str] = []
    for status, raw in sorted(described["responses"].items()):
        if status == "default" or int(status) >= 400:
            continue  # the error envelope
        answer = resolved(document, raw)
        lines += [f"**Response {status} {HTTPStatus(int(status)).phrase}**", ""]
        content = answer.get("content", {}).get("application/json")
        if content and schema_of(document, content["schema"]).get("properties"):
            lines += _fields(document, content["schema"], is_sent=False)
    return lines


def _errors(described: JSON, parameters: list[JSON], refusals: list[JSON]) -> list[str]:
    codes = errors.of(described, parameters, refusals)
    lines = ["**Errors**", "", f"{', '.join(codes)}.", ""]
    if refusals:
        rows = [
            (str(one["status"]), f"``{one['code']}``", one["message"].replace("*", r"\*"))
            for one in refusals
        ]
        lines += ["Examples from a real run:", ""]
        lines += list_table(("Status", "Code", "Message"), (10, 25, 65), rows)
    return lines


def _sentence(words: list[str]) -> str:
    return " ".join(itertools.chain(word.strip() for word in words if word))
