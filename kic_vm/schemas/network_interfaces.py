# SPDX-License-Identifier: Apache-2.0
"""Network interfaces."""

import uuid
from typing import NotRequired, TypedDict

from marshmallow import fields

from kic_vm.schemas import addresses, base, filters
from kic_vm.schemas.instance_network_interfaces import (
    STATUSES,
    InstanceNetworkInterfaceSchema,
)
from kic_vm.schemas.lists import RequestList


class NetworkInterfaceSchema(InstanceNetworkInterfaceSchema):
    """A network interface as returned by get and list."""

    private_ip = fields.String(metadata={"description": '"" where it has no address.'})


_NO_GROUP = "At least one security group is needed."


class NetworkInterfaceCreateSchema(base.RequestSchema):
    """A network interface to create."""

    name = base.name(required=True)
    description = base.description(load_default=None)
    private_ip = fields.String(allow_none=True, load_default=None, validate=addresses.is_address)
    subnet_id = fields.UUID(required=True)
    security_groups = RequestList(
        fields.UUID(),
        required=True,
        minimum_error=_NO_GROUP,
        metadata={"description": "Their ids."},
    )


class NetworkInterfaceCreateBody(TypedDict):
    """A network interface to create; see NetworkInterfaceCreateSchema."""

    name: str
    description: str | None
    private_ip: str | None
    subnet_id: uuid.UUID
    security_groups: list[uuid.UUID]


class NetworkInterfaceUpdateSchema(base.RequestSchema):
    """The fields to change; null clears a description and leaves all other fields unchanged."""

    name = base.name(allow_none=True)
    description = base.description()
    security_groups = RequestList(
        fields.UUID(),
        allow_none=True,
        minimum_error=_NO_GROUP,
        metadata={"description": "All their ids."},
    )


class NetworkInterfaceUpdateBody(TypedDict):
    """The fields to change; see NetworkInterfaceUpdateSchema."""

    name: NotRequired[str | None]
    description: NotRequired[str | None]
    security_groups: NotRequired[list[uuid.UUID] | None]


NetworkInterfaceEnvelopeSchema = base.envelope("network_interface", NetworkInterfaceSchema)
NetworkInterfacePageSchema = base.page("network_interfaces", NetworkInterfaceSchema)
NetworkInterfaceCreateEnvelopeSchema = base.envelope(
    "network_interface", NetworkInterfaceCreateSchema, base.RequestSchema
)
NetworkInterfaceUpdateEnvelopeSchema = base.envelope(
    "network_interface", NetworkInterfaceUpdateSchema, base.RequestSchema
)

NetworkInterfaceListQuerySchema = base.query_schema(
    NetworkInterfaceSchema,
    id=filters.Id(),
    name=filters.PartOfName(),
    status=filters.Enumerated(STATUSES),
    private_ip=filters.Address(),
    public_ip=filters.Address(),
    device_id=filters.Id(),
    device_owner=filters.Text(),
    subnet_id=filters.Id(),
    mac_address=filters.MacAddress(),
    security_group_id=filters.Id(),
    security_group_name=filters.Text(),
    created_at=filters.Moment(),
    updated_at=filters.Moment(),
)
