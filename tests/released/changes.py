# SPDX-License-Identifier: Apache-2.0
"""Changes of an OpenAPI document that break existing clients.

Requests and responses have opposite rules: a request must accept at least what it accepted before,
and a response must contain at least what it contained before.
"""

from collections.abc import Iterator
from typing import Any, Final

JSON = dict[str, Any]

_METHODS: Final = ("get", "put", "post", "delete", "patch")
# Limits of values: a smaller or a larger one refuses requests that were accepted before.
_UPPER_LIMITS: Final = ("maximum", "maxLength", "maxItems")
_LOWER_LIMITS: Final = ("minimum", "minLength", "minItems")
_KINDS: Final = ("type", "format", "pattern")
_NOTHING: Final[JSON] = {}


def breaking_changes(old: JSON, new: JSON) -> list[str]:
    """A sentence for each change that breaks clients of the old document."""
    return list(dict.fromkeys(_Comparison(old, new).changes()))


class _Comparison:
    def __init__(self, old: JSON, new: JSON) -> None:
        self._old = old
        self._new = new
        self._compared: set[tuple[str, str, bool]] = set()

    def changes(self) -> Iterator[str]:
        for path, item in self._old["paths"].items():
            for method in _METHODS:
                if method in item:
                    name = f"{method.upper()} {path}"
                    operation = self._new["paths"].get(path, {}).get(method)
                    if operation is None:
                        yield f"{name} is removed"
                    else:
                        old = _with_shared_parameters(item, item[method])
                        shared = self._new["paths"][path]
                        yield from self._operation(
                            name, old, _with_shared_parameters(shared, operation)
                        )
        codes = {row["code"] for row in self._new.get("x-error-codes", ())}
        for row in self._old.get("x-error-codes", ()):
            if row["code"] not in codes:
                yield f"the error code {row['code']} is removed"

    def _operation(self, name: str, old: JSON, new: JSON) -> Iterator[str]:
        if old.get("operationId") != new.get("operationId"):
            yield f"{name}: the operationId {old.get('operationId')} is changed"
        if new.get("security") and not old.get("security"):
            yield f"{name} now requires a token"
        yield from self._parameters(name, old, new)
        yield from self._body(name, old.get("requestBody"), new.get("requestBody"))
        for status, response in old["responses"].items():
            changed = new["responses"].get(status)
            if changed is None:
                yield f"{name}: the response {status} is removed"
            else:
                yield from self._response(
                    f"{name}, response {status}",
                    self._resolved(self._old, response),
                    self._resolved(self._new, changed),
                )

    def _parameters(self, name: str, old: JSON, new: JSON) -> Iterator[str]:
        before, after = _parameters_of(old), _parameters_of(new)
        for key, parameter in before.items():
            place = f"{name}, {key[0]} parameter {key[1]}"
            if key not in after:
                yield f"{place} is removed"
                continue
            if after[key].get("required") and not parameter.get("required"):
                yield f"{place} is now required"
            yield from self._schema(
                place, parameter.get("schema", {}), after[key].get("schema", {}), is_request=True
            )
        for key, parameter in after.items():
            if key not in before and parameter.get("required"):
                yield f"{name}, {key[0]} parameter {key[1]} is new and required"

    def _body(self, name: str, old: JSON | None, new: JSON | None) -> Iterator[str]:
        if new is not None and new.get("required") and not (old or _NOTHING).get("required"):
            yield f"{name}: a body is now required"
        if old is not None:
            yield from self._content(f"{name}, body", old, new or _NOTHING, is_request=True)

    def _response(self, place: str, old: JSON, new: JSON) -> Iterator[str]:
        for header in old.get("headers", ()):
            if header not in new.get("headers", ()):
                yield f"{place}: the header {header} is removed"
        yield from self._content(place, old, new, is_request=False)

    def _content(self, place: str, old: JSON, new: JSON, *, is_request: bool) -> Iterator[str]:
        for media_type, content in old.get("content", {}).items():
            changed = new.get("content", {}).get(media_type)
            if changed is None:
                yield f"{place}: {media_type} is removed"
            else:
                yield from self._schema(
                    place, content["schema"], changed["schema"], is_request=is_request
                )

    def _schema(self, place: str, old: JSON, new: JSON, *, is_request: bool) -> Iterator[str]:
        names = _reference(old), _reference(new)
        if all(names):  # a schema can contain itself
            if (*names, is_request) in self._compared:
                return
            self._compared.add((*names, is_request))
        old, new = self._merged(self._old, old), self._merged(self._new, new)
        yield from _values(place, old, new, is_request=is_request)
        for choice in ("anyOf", "oneOf"):
            before, after = old.get(choice, []), new.get(choice, [])
            if len(before) != len(after):
                yield f"{place}: the alternatives are changed"
            for old_item, new_item in zip(before, after, strict=False):
                yield from self._schema(place, old_item, new_item, is_request=is_request)
        yield from self._properties(place, old, new, is_request=is_request)
        if "items" in old and "items" in new:
            items = old["items"], new["items"]
            yield from self._schema(f"{place}[]", *items, is_request=is_request)

    def _properties(self, place: str, old: JSON, new: JSON, *, is_request: bool) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name, schema in before.items():
            if name in after:
                yield from self._schema(
                    f"{place}.{name}", schema, after[name], is_request=is_request
                )
            else:
                yield f"{place}.{name} is removed"
        was_required, is_required = set(old.get("required", ())), set(new.get("required", ()))
        if is_request:
            for name in sorted(is_required - was_required):
                yield f"{place}.{name} is now required"
        else:
            for name in sorted((was_required - is_required) & after.keys()):
                yield f"{place}.{name} may now be absent"

    @staticmethod
    def _resolved(document: JSON, part: JSON) -> JSON:
        while "$ref" in part:
            _root, *names = part["$ref"].split("/")
            part = document
            for name in names:
                part = part[name]
        return part

    def _merged(self, document: JSON, schema: JSON) -> JSON:
        """A schema with its references followed and ``allOf`` combined."""
        schema = self._resolved(document, schema)
        merged = {key: value for key, value in schema.items() if key != "allOf"}
        for part in schema.get("allOf", ()):
            inner = self._merged(document, part)
            for key, value in inner.items():
                if key == "properties":
                    merged[key] = value | merged.get(key, {})
                elif key == "required":
                    merged[key] = [*merged.get(key, ()), *value]
                else:
                    merged.setdefault(key, value)
        return merged


def _reference(schema: JSON) -> str:
    """The name of the schema that this one is; empty if it has no name."""
    parts = schema.get("allOf", ())
    name: str = (parts[0] if len(parts) == 1 else schema).get("$ref", "")
    return name


def _values(place: str, old: JSON, new: JSON, *, is_request: bool) -> Iterator[str]:
    """The changes of the values that a schema permits."""
    for kind in _KINDS:
        is_lifted = is_request and kind not in new
        if old.get(kind) != new.get(kind) and not is_lifted:
            yield f"{place}: the {kind} {old.get(kind)} is now {new.get(kind)}"
    was_nullable, is_nullable = old.get("nullable", False), new.get("nullable", False)
    if is_request and was_nullable and not is_nullable:
        yield f"{place} can no longer be null"
    if not is_request and is_nullable and not was_nullable:
        yield f"{place} can now be null"
    if "enum" in new and is_request:
        missing = [value for value in old.get("enum", ()) if value not in new["enum"]]
        if "enum" not in old or missing:
            yield f"{place} no longer accepts {missing or 'other values'}"
    if "enum" in old and not is_request and "enum" not in new:
        yield f"{place} can now have any value"
    if is_request:
        yield from _limits(place, old, new)


def _limits(place: str, old: JSON, new: JSON) -> Iterator[str]:
    for name in _UPPER_LIMITS:
        if name in new and (name not in old or new[name] < old[name]):
            yield f"{place}: {name} is now {new[name]}"
    for name in _LOWER_LIMITS:
        if name in new and (name not in old or new[name] > old[name]):
            yield f"{place}: {name} is now {new[name]}"


def _parameters_of(operation: JSON) -> dict[tuple[str, str], JSON]:
    return {
        (parameter["in"], parameter["name"]): parameter
        for parameter in operation.get("parameters", ())
    }


def _with_shared_parameters(item: JSON, operation: JSON) -> JSON:
    parameters = [*item.get("parameters", ()), *operation.get("parameters", ())]
    return operation | {"parameters": parameters}
