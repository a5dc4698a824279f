# SPDX-License-Identifier: Apache-2.0
"""The configuration that the official clients read first: service endpoints and zones."""

import uuid
from typing import Final, NotRequired, TypedDict

from kic_vm.operations.request import AppState

# One gateway serves all of these; the names are those that the clients use.
SERVICES: Final = ("iam", "config", "bcs", "volume", "image", "network", "vpc")
_ZONED: Final = ("bcs", "volume", "vpc")
_NAMESPACE: Final = uuid.UUID("6f1b8f6e-5d0c-5b8e-9a51-0d5f4c3a2b10")
# The documents have no history. A constant, so that all processes return the same content.
_CREATED_AT: Final = "2026-01-01T00:00:00Z"


class _DocumentFields(TypedDict):
    """The fields of all configuration documents; the metadata of a service has no priority."""

    id: str
    priority: NotRequired[int]
    created_by: str
    updated_by: str
    created_at: str
    updated_at: str


class ClientEndpointsView(_DocumentFields):
    """The endpoints of the services; see ClientEndpointsSchema."""

    service_endpoints: dict[str, str]


class ZonePolicyView(_DocumentFields):
    """The zones of the services; see ZonePolicySchema."""

    services: dict[str, list[str]]


class CorsView(TypedDict):
    """Browser origins that can call the API; see CorsSchema."""

    allowed_origins: list[str]


class ClientMetadataView(_DocumentFields):
    """The metadata of one service; see ClientMetadataSchema."""

    upstreams: dict[str, str]
    references: dict[str, str]
    cors: CorsView


def _document(kind: str, base_url: str) -> _DocumentFields:
    """The common fields of a configuration document."""
    return {
        "id": str(uuid.uuid5(_NAMESPACE, f"{kind} {base_url}")),
        "priority": 0,
        "created_by": "kic-vm",
        "updated_by": "kic-vm",
        "created_at": _CREATED_AT,
        "updated_at": _CREATED_AT,
    }


def client_endpoints(base_url: str) -> ClientEndpointsView:
    """The endpoint of each service: the gateway's own URL for all of them.

    :param base_url: the URL by which the client reaches the gateway
    """
    return {
        **_document("client-endpoints", base_url),
        "service_endpoints": dict.fromkeys(SERVICES, base_url),
    }


def zone_policy(app_state: AppState, base_url: str) -> ZonePolicyView:
    """The zones of each service that has zones."""
    zones = app_state.translation.zones.names
    return {**_document("az-policies", base_url), "services": dict.fromkeys(_ZONED, zones)}


def client_metadata(app_state: AppState, base_url: str, service: str) -> ClientMetadataView:
    """The endpoint and the allowed browser origins of one service.

    A service that the gateway does not serve has no endpoint.
    """
    upstreams = {service: base_url} if service in SERVICES else {}
    document = _document(f"client-metadata {service}", base_url)
    document.pop("priority")
    return {
        **document,
        "upstreams": upstreams,
        "references": {},
        "cors": {"allowed_origins": app_state.conf.cors.allowed_origin or []},
    }
