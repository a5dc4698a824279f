# SPDX-License-Identifier: Apache-2.0
"""The history of an instance and the usage of a project."""

import datetime
from typing import Any, Final

from marshmallow import Schema, fields, validate

from kic_vm.exceptions import FieldErrorCode
from kic_vm.lifecycle.documented import INSTANCE_STATES
from kic_vm.schemas import base, filters
from kic_vm.schemas.field_errors import FieldValidationError

_EVIDENCE: Final = ("action", "observed", "unknown")
_GROUPINGS: Final = ("instance", "state", "flavor", "day")
JSON: Final = "json"
SVG: Final = "svg"
CSV: Final = "csv"


class UsageTime(fields.String):
    """A date, or a time with an offset; a date is its first second in UTC."""

    def __init__(self, description: str) -> None:
        super().__init__(metadata={"description": description})

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        # A query decodes the plus sign of an offset as a space.
        text = super()._deserialize(value, attr, data, **kwargs).replace(" ", "+")
        try:
            moment = datetime.datetime.fromisoformat(text)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=datetime.UTC)
            return moment.astimezone(datetime.UTC).replace(microsecond=0)
        except (ValueError, OverflowError) as error:
            raise FieldValidationError(
                FieldErrorCode.INVALID_FORMAT,
                "Must be a date or a time, such as 2026-11-01 or 2026-11-01T00:00:00Z.",
            ) from error


class PeriodFlavorSchema(Schema):
    """The flavor of an instance during a period."""

    id = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Null if the flavor was deleted."},
    )
    name = fields.String(required=True, allow_none=True)


class PeriodCommandSchema(Schema):
    """The command that started a period."""

    name = fields.String(
        required=True, metadata={"description": "As in the instance's action log."}
    )
    request_id = fields.String(required=True)
    user_id = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Null for an action of OpenStack itself."},
    )


class PeriodSchema(Schema):
    """A period that an instance spent in one documented state."""

    state = fields.String(
        required=True,
        allow_none=True,
        validate=validate.OneOf(INSTANCE_STATES),
        metadata={"description": "As documented, such as Shelved_offloaded; null if unknown."},
    )
    billable = fields.Boolean(
        required=True,
        allow_none=True,
        metadata={"description": "Whether the period is billed; null if unknown."},
    )
    started_at = fields.String(required=True)
    ended_at = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Null if the period has not ended."},
    )
    seconds = fields.Integer(
        required=True, metadata={"description": "If the period has not ended, until now."}
    )
    flavor = fields.Nested(
        PeriodFlavorSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Null before a resize, if the former flavor is unknown."},
    )
    command = fields.Nested(
        PeriodCommandSchema,
        required=True,
        allow_none=True,
        metadata={"description": "The command that started the period; null if there was none."},
    )
    evidence = fields.String(
        required=True,
        validate=validate.OneOf(_EVIDENCE),
        metadata={
            "description": "action: OpenStack's record of actions. observed: OpenStack's current "
            "state, or the follower. unknown: neither shows the state."
        },
    )


PeriodPageSchema = base.page("periods", PeriodSchema)


class PeriodListQuerySchema(base.page_query_schema(PeriodSchema)):  # type: ignore[misc]
    """The page of a history, or its picture."""

    format = filters.Enumerated(
        (JSON, SVG),
        load_default=JSON,
        metadata={"description": "svg: a picture of all periods, without paging."},
    )


class StateSecondsSchema(Schema):
    """Seconds in one documented state."""

    state = fields.String(required=True, validate=validate.OneOf(INSTANCE_STATES))
    billable = fields.Boolean(required=True)
    seconds = fields.Integer(required=True)


class _SecondsSchema(Schema):
    billed_seconds = fields.Integer(required=True)
    unbilled_seconds = fields.Integer(required=True)
    unknown_seconds = fields.Integer(
        required=True,
        metadata={"description": "Neither OpenStack's record nor an observation shows the state."},
    )
    states = fields.List(fields.Nested(StateSecondsSchema), required=True)


class UsageGroupSchema(_SecondsSchema):
    """Seconds of one instance, state, flavor or day."""

    instance_id = fields.String()
    instance_name = fields.String()
    state = fields.String(allow_none=True)
    flavor = fields.Nested(PeriodFlavorSchema, allow_none=True)
    day = fields.String(metadata={"description": "In UTC."})


class VolumeStateSecondsSchema(Schema):
    """Seconds of a volume in one documented state with one size."""

    state = fields.String(required=True)
    size = fields.Integer(required=True, metadata={"description": "GiB."})
    seconds = fields.Integer(required=True)
    gib_seconds = fields.Integer(required=True, metadata={"description": "seconds times size."})


class VolumeUsageSchema(Schema):
    """Seconds of one volume: since its last change, and earlier ones that were observed."""

    id = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    state = fields.String(
        required=True, metadata={"description": "The documented state, now or before deletion."}
    )
    size = fields.Integer(required=True, metadata={"description": "GiB, now or before deletion."})
    deleted = fields.Boolean(required=True, metadata={"description": "The volume is gone."})
    seconds = fields.Integer(
        required=True, metadata={"description": "The sum of the seconds in `states`."}
    )
    gib_seconds = fields.Integer(
        required=True, metadata={"description": "The sum of the gib_seconds in `states`."}
    )
    unknown_seconds = fields.Integer(
        required=True,
        metadata={"description": "Neither OpenStack nor an observation shows state and size."},
    )
    states = fields.List(fields.Nested(VolumeStateSecondsSchema), required=True)


class UsageSchema(_SecondsSchema):
    """The usage of a project in a window of time."""

    project_id = fields.String(required=True)
    start = fields.String(required=True)
    end = fields.String(required=True)
    group_by = fields.String(required=True, validate=validate.OneOf(_GROUPINGS))
    groups = fields.List(fields.Nested(UsageGroupSchema), required=True)
    volumes = fields.List(
        fields.Nested(VolumeUsageSchema),
        required=True,
        metadata={
            "description": "The volumes that exist, and deleted ones while the event feed keeps "
            "their events."
        },
    )


UsageEnvelopeSchema = base.envelope("usage", UsageSchema)


class UsageQuerySchema(base.QuerySchema):
    """The window of time, and the grouping."""

    start = UsageTime("The start of the window. By default, the start of the current month in UTC.")
    end = UsageTime("The end of the window, which is not included. By default, now.")
    instance_id = filters.Id(metadata={"description": "Only this instance, and no volumes."})
    group_by = filters.Enumerated(_GROUPINGS, load_default="instance")
    format = filters.Enumerated((JSON, CSV), load_default=JSON)
