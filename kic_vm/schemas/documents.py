# SPDX-License-Identifier: Apache-2.0
"""Documents about the gateway itself: lifecycle, health and readiness."""

from marshmallow import Schema, fields, validate

from kic_vm.schemas.errors import ErrorSchema


class MeaningSchema(Schema):
    """A sentence in the documented languages."""

    en = fields.String(required=True)
    ko = fields.String(required=True)


class LifecycleLimitSchema(Schema):
    """A reason why fewer commands are possible than the state allows."""

    name = fields.String(required=True)
    reason = fields.Nested(MeaningSchema, required=True)
    openstack = fields.List(
        fields.Dict(keys=fields.String(), values=fields.String(allow_none=True)),
        required=True,
        metadata={
            "description": "While OpenStack shows this; empty where its state does not tell."
        },
    )
    allowed_actions = fields.List(
        fields.String(), required=True, metadata={"description": "The commands that are left."}
    )


class LifecycleStateSchema(Schema):
    """One documented state."""

    state = fields.String(required=True, metadata={"description": "As documented."})
    wire = fields.String(required=True, metadata={"description": "`status` in answers."})
    billable = fields.Boolean(required=True)
    meaning = fields.Nested(MeaningSchema, required=True)
    openstack = fields.List(
        fields.Dict(keys=fields.String(), values=fields.String(allow_none=True)),
        required=True,
        metadata={"description": "What OpenStack shows for it; `*` is any task not listed."},
    )
    allowed_actions = fields.List(fields.String(), required=True)
    limits = fields.List(fields.Nested(LifecycleLimitSchema), required=True)


class ApiVersionSchema(Schema):
    """A version of the API."""

    id = fields.String(required=True)
    status = fields.String(
        required=True,
        validate=validate.OneOf(["CURRENT", "SUPPORTED", "DEPRECATED"]),
        metadata={"description": "As in OpenStack: CURRENT is the newest version."},
    )
    path = fields.String(
        required=True, metadata={"description": "The beginning of the paths of its operations."}
    )


class LinkSchema(Schema):
    """The address of a document."""

    rel = fields.String(
        required=True,
        metadata={
            "description": "self, service-desc (OpenAPI), service-doc (page to read and try the "
            "API), status (readiness), health, lifecycle or tokens."
        },
    )
    href = fields.String(required=True, metadata={"description": "The address."})


class VersionDocumentSchema(Schema):
    """What this is, its version and the addresses of its documents."""

    name = fields.String(required=True, metadata={"description": "kic-vm"})
    description = fields.String(required=True, metadata={"description": "What this is."})
    version = fields.String(required=True, metadata={"description": "The version of the gateway."})
    versions = fields.List(
        fields.Nested(ApiVersionSchema),
        required=True,
        metadata={"description": "The versions of the API."},
    )
    links = fields.List(
        fields.Nested(LinkSchema),
        required=True,
        metadata={"description": "The addresses of the documents."},
    )


class LifecycleDocumentSchema(Schema):
    """The lifecycle table."""

    instance_states = fields.List(fields.Nested(LifecycleStateSchema), required=True)
    volume_states = fields.List(fields.Nested(LifecycleStateSchema), required=True)


class HealthSchema(Schema):
    """The gateway is alive."""

    status = fields.String(required=True)


class ServiceReadinessSchema(Schema):
    """The readiness of one service that the gateway uses."""

    required = fields.Boolean(
        required=True, metadata={"description": "Whether the gateway can do nothing without it."}
    )
    ok = fields.Boolean(
        required=True,
        allow_none=True,
        metadata={
            "description": "Whether it answers; null while the gateway cannot log in to ask it."
        },
    )
    time_ms = fields.Float(required=True)
    problem = fields.String(required=True, allow_none=True)


class ReadinessSchema(Schema):
    """The readiness of all services that the gateway uses, by name."""

    ready = fields.Boolean(required=True)
    services = fields.Dict(
        keys=fields.String(), values=fields.Nested(ServiceReadinessSchema), required=True
    )


class UnreadinessSchema(ReadinessSchema):
    """The readiness of all services, in addition to the error envelope."""

    error = fields.Nested(ErrorSchema, required=True)
