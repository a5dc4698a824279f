# SPDX-License-Identifier: Apache-2.0
"""Secrets in responses: returned once, and stored nowhere.

A schema only needs to declare the field as SecretString. Then responses with a secret are marked
``no-store``, a retry with an Idempotency-Key does not return the secret again, and the log masks
it.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from marshmallow import Schema, fields

from kic_vm.conf.masking import MASKED_NAMES

JSON = dict[str, Any]


class SecretString(fields.String):
    """A text that only one response contains.

    :param replayed_as_null: the response to a retry. True: the response with null instead of the
        secret. False: a refusal, because the response is useless without it.
    """

    def __init__(self, *, replayed_as_null: bool = False, **kwargs: Any) -> None:
        self.replayed_as_null = replayed_as_null
        super().__init__(**kwargs)

    def _bind_to_schema(self, field_name: str, parent: Any) -> None:
        """Check that the log masks the field.

        :raises ValueError: it does not
        """
        super()._bind_to_schema(field_name, parent)
        if field_name not in MASKED_NAMES:
            raise ValueError(f"{field_name} is a secret: kic_vm.conf.masking must mask it.")


class Concealed(NamedTuple):
    """A response, or a part of one, with null instead of each secret."""

    body: Any
    has_told: bool = False
    """Whether the response had a secret."""
    is_of_use: bool = True
    """Whether a retry can return the body."""


def has_secrets(schema: Schema) -> bool:
    """Whether a response of this schema can contain a secret."""
    return any(_has_secrets(field) for field in schema.fields.values())


def conceal(schema: Schema, body: JSON) -> Concealed:
    """The response without its secrets.

    :param body: a response that conforms to ``schema``
    """
    shown = {name: _conceal(schema.fields.get(name), value) for name, value in body.items()}
    return _joined({name: part.body for name, part in shown.items()}, shown.values())


def _has_secrets(field: Any) -> bool:
    if isinstance(field, fields.Nested):
        return has_secrets(field.schema)
    if isinstance(field, fields.List):
        return _has_secrets(field.inner)
    if isinstance(field, fields.Dict):
        return _has_secrets(field.value_field)
    return isinstance(field, SecretString)


def _conceal(field: Any, value: Any) -> Concealed:
    if value is None or not _has_secrets(field):
        return Concealed(value)
    if isinstance(field, fields.Nested):
        return conceal(field.schema, value)
    if isinstance(field, fields.List):
        items = [_conceal(field.inner, item) for item in value]
        return _joined([item.body for item in items], items)
    if isinstance(field, fields.Dict):
        members = {key: _conceal(field.value_field, item) for key, item in value.items()}
        return _joined({key: item.body for key, item in members.items()}, members.values())
    return Concealed(None, has_told=True, is_of_use=field.replayed_as_null)


def _joined(body: Any, parts: Iterable[Concealed]) -> Concealed:
    parts = list(parts)
    return Concealed(
        body,
        has_told=any(part.has_told for part in parts),
        is_of_use=all(part.is_of_use for part in parts),
    )
