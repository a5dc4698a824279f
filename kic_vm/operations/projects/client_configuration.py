# SPDX-License-Identifier: Apache-2.0
"""The configuration that the official clients read first: service endpoints and zones."""

import uuid
from typing import Any, Final

from kic_vm.operations.request import AppState

JSON = dict[str, Any]

# One gateway serves all of these; the names are those that the clients use.
SERVICES: Final = ("iam", "config", "bcs", "volume", "image", "network", "vpc")
_ZONED: Final = ("bcs", "volume", "vpc")
_NAMESPACE: Final = uuid.UUID("6f1b8f6e-5d0c-5b8e-9a51-0d5f4c3a2b10")
# The documents have no history. A constant, so that all processes return the same content.
_CREATED_AT: Final = "2026-01-01T00:00:00Z"


def _document(kind: str, base_url: str) -> JSON:
    """The common fields of a configuration document."""
    return {
        "id": str(uuid.uuid5(_NAMESPACE, f"{kind} {base_url}")),
        "priority": 0,
        "created_by": "kic-vm",
        "updated_by": "kic-vm",
        "created_at": _CREATED_AT,
        "updated_at": _CREATED_AT,
    }


def client_endpoints(base_url: str) -> JSON:
    """The endpoint of each service: the gateway's own URL for all of them.

    :param base_url: the URL by which the client reaches the gateway
    """
    return _document("client-endpoints", base_url) | {
        "service_endpoints": dict.fromkeys(SERVICES, base_url)
    }


def zone_policy(app_state: AppState, base_url: str) -> JSON:
    """The zones of each service that has zones."""
    zones = app_state.translation.zones.names
    return _document("az-policies", base_url) | {"services": dict.fromkeys(_ZONED, zones)}


def client_metadata(app_state: AppState, base_url: str, service: str) -> JSON:
    """The endpoint and the allowed browser origins of one service.

    A service that the gateway does not serve has no endpoint.
    """
    upstreams = {service: base_url} if service in SERVICES else {}
    document = _document(f"client-metadata {service}", base_url)
    document.pop("priority")
    return document | {
        "upstreams": upstreams,
        "references": {},
        "cors": {"allowed_origins": app_state.conf.cors.allowed_origin or []},
    }
