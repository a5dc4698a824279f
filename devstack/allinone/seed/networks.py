# SPDX-License-Identifier: Apache-2.0
"""An external network, and a network with a router for every project."""

from typing import Any

from ..deployment import Deployment
from ..rest import Session, password_session
from .identity import DOMAIN

# project: the member who makes its network, and the subnet's addresses
PRIVATE = {"demo": ("kic-member", "10.20.0.0/20"), "other": ("kic-other", "10.21.0.0/20")}
PRIVATE_SUBNET = "private-v4"
QUOTA = {
    "port": 1000,
    "floatingip": 200,
    "security_group": 100,
    "security_group_rule": 1000,
}


def ensure(
    deployment: Deployment, admin: Session, projects: dict[str, str], domain: str = DOMAIN
) -> None:
    """The networks; each project's belong to the project."""
    addresses = deployment.public_network
    public = _ensure(
        admin,
        "network",
        {
            "name": "public",
            "router:external": True,
            "provider:network_type": "flat",
            "provider:physical_network": "public",
        },
    )
    _ensure(
        admin,
        "subnet",
        {
            "name": "public-v4",
            "network_id": public["id"],
            "ip_version": 4,
            "cidr": str(addresses),
            "gateway_ip": str(addresses[1]),
            "enable_dhcp": False,
            "allocation_pools": [{"start": str(addresses[10]), "end": str(addresses[-6])}],
        },
    )
    for project, (user, cidr) in PRIVATE.items():
        admin.call("neutron", "PUT", f"/quotas/{projects[project]}", {"quota": QUOTA})
        member = password_session(deployment, user, project, domain)
        _ensure_private(member, cidr, public["id"])


def private_subnet_id(member: Session) -> str:
    """The id of the subnet that was made for the member's project."""
    query = f"?name={PRIVATE_SUBNET}&project_id={member.project_id}&fields=id"
    return str(member.call("neutron", "GET", f"/subnets{query}")["subnets"][0]["id"])


def _ensure_private(member: Session, cidr: str, public: str) -> None:
    network = _ensure(member, "network", {"name": "private"})
    subnet = _ensure(
        member,
        "subnet",
        {
            "name": PRIVATE_SUBNET,
            "network_id": network["id"],
            "ip_version": 4,
            "cidr": cidr,
            "dns_nameservers": ["192.0.2.53"],
        },
    )
    gateway = {"network_id": public}
    router = _ensure(member, "router", {"name": "router", "external_gateway_info": gateway})
    query = f"?device_id={router['id']}&fixed_ips=subnet_id={subnet['id']}"
    if not member.call("neutron", "GET", f"/ports{query}")["ports"]:
        path = f"/routers/{router['id']}/add_router_interface"
        member.call("neutron", "PUT", path, {"subnet_id": subnet["id"]})


def _ensure(session: Session, kind: str, body: dict[str, Any]) -> dict[str, Any]:
    query = f"?name={body['name']}&project_id={session.project_id}"
    found = session.call("neutron", "GET", f"/{kind}s{query}")[f"{kind}s"]
    if found:
        return dict(found[0])
    return dict(session.call("neutron", "POST", f"/{kind}s", {kind: body})[kind])
