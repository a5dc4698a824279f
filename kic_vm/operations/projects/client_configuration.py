"""What the official clients ask for first: service addresses and zones."""

import datetime
import uuid
from typing import Any, Final

from kic_vm.operations.request import AppState

JSON = dict[str, Any]

# One gateway serves all of these; the names are the clients'.
SERVICES: Final = ("iam", "config", "bcs", "volume", "image", "network", "vpc")
_ZONED: Final = ("bcs", "volume", "vpc")
_NAMESPACE: Final = uuid.UUID("6f1b8f6e-5d0c-5b8e-9a51-0d5f4c3a2b10")
_STARTED: Final = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _described(kind: str, base_url: str) -> JSON:
    """Who says so, and since when: the configuration of this process."""
    return {
        "id": str(uuid.uuid5(_NAMESPACE, f"{kind} {base_url}")),
        "priority": 0,
        "created_by": "kic-vm",
        "updated_by": "kic-vm",
        "created_at": _STARTED,
        "updated_at": _STARTED,
    }


def client_endpoints(base_url: str) -> JSON:
    """The address of each service the gateway serves: its own, for every one.

    :param base_url: how the client reaches the gateway
    """
    return _described("client-endpoints", base_url) | {
        "service_endpoints": dict.fromkeys(SERVICES, base_url)
    }


def zone_policy(app_state: AppState, base_url: str) -> JSON:
    """The zones of each service that has zones."""
    zones = app_state.translation.zones.names
    return _described("az-policies", base_url) | {"services": dict.fromkeys(_ZONED, zones)}


def client_metadata(app_state: AppState, base_url: str, service: str) -> JSON:
    """Address and allowed browser origins of one service.

    A service that the gateway does not serve has no upstream.
    """
    upstreams = {service: base_url} if service in SERVICES else {}
    described = _described(f"client-metadata {service}", base_url)
    described.pop("priority")
    return described | {
        "upstreams": upstreams,
        "references": {},
        "cors": {"allowed_origins": app_state.conf.cors.allowed_origin or []},
    }
