# SPDX-License-Identifier: Apache-2.0
"""Events."""

from typing import Any, Final, Literal

from marshmallow import Schema, fields, validate

from kic_vm.events.model import INSTANCE, TYPES, VOLUME, Cursor
from kic_vm.exceptions import FieldErrorCode
from kic_vm.schemas import base, filters, validators
from kic_vm.schemas.field_errors import FieldValidationError

OLDEST: Final[Literal["oldest"]] = "oldest"
WAIT_MAXIMUM: Final = 30


class EventSchema(Schema):
    """A state change of an instance or a volume, or a gap in which changes may be missing."""

    cursor = fields.String(
        required=True, metadata={"description": "The position after this event, for `after`."}
    )
    type = fields.String(required=True, validate=validate.OneOf(TYPES))
    id = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Id of the instance or volume. Null for a gap."},
    )
    name = fields.String(required=True, allow_none=True)
    state = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The documented state from then on. Null for a gap."},
    )
    billable = fields.Boolean(
        required=True,
        allow_none=True,
        metadata={"description": "Whether time in this state is billed. Null for a gap."},
    )
    at = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "OpenStack's time of the change, null if unknown. For a gap, its start."
        },
    )
    seen_at = fields.String(
        required=True,
        metadata={"description": "When the gateway noticed the change. For a gap, its end."},
    )
    flavor_id = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Flavor of the instance. Null for volumes and gaps."},
    )
    size = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Size of the volume in GiB. Null for instances and gaps."},
    )
    deleted = fields.Boolean(
        required=True,
        metadata={"description": "The resource is gone; this is its last event."},
    )


class EventsSchema(Schema):
    """The events after a cursor, oldest first."""

    events = fields.List(fields.Nested(EventSchema), required=True)
    cursor = fields.String(
        required=True, metadata={"description": "The value of `after` for the next request."}
    )
    followed_at = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "The time until which changes have been recorded. Null if no worker "
            "records them."
        },
    )


class CursorField(fields.String):
    """The position after an event, ``oldest``, or the default: now."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return parse_cursor(super()._deserialize(value, attr, data, **kwargs))


def parse_cursor(text: str) -> Cursor | Literal["oldest"]:
    """The cursor that a client has sent, or ``oldest``.

    :raises ValidationError: it is neither
    """
    if text == OLDEST:
        return OLDEST
    try:
        return Cursor.parse(text)
    except ValueError as error:
        raise FieldValidationError(
            FieldErrorCode.INVALID_FORMAT,
            f"Must be a cursor from an earlier response, or {OLDEST}. Omit it to start now.",
        ) from error


class EventQuerySchema(base.QuerySchema):
    """The position to read after, and filters. Gaps match every filter."""

    after = CursorField(
        load_default=None,
        metadata={
            "description": "A cursor from an earlier response, or `oldest` for all events that are "
            "kept. If omitted, the response has no events, but a cursor for the next request."
        },
    )
    wait = fields.Integer(
        load_default=0,
        validate=validators.Range(min=0, max=WAIT_MAXIMUM),
        metadata={
            "description": "Maximum time in seconds to wait for an event if there is none yet."
        },
    )
    instance_id = fields.UUID(
        load_default=None,
        metadata={"description": "Return only the events of this instance, and gaps."},
    )
    type = filters.Enumerated(
        (INSTANCE, VOLUME),
        load_default=None,
        metadata={"description": "Return only the events of this type, and gaps."},
    )
