# SPDX-License-Identifier: Apache-2.0
"""Service users and the service catalog."""

from ..deployment import REGION, Deployment
from ..rest import Session
from .identity import assign, ensure_project, ensure_user, role_ids

SERVICE_USERS = ("placement", "glance", "cinder", "neutron", "nova", "kic-vm")
# type and name, as in the catalog
SERVICES = (
    ("placement", "placement"),
    ("image", "glance"),
    ("block-storage", "cinder"),
    ("network", "neutron"),
    ("compute", "nova"),
    ("kic-vm", "kic-vm"),
)


def ensure(deployment: Deployment, admin: Session) -> None:
    """The service users with their roles, and an entry for every service at its present port."""
    roles = role_ids(admin)
    project = ensure_project(admin, "service", "default")
    for name in SERVICE_USERS:
        user = ensure_user(admin, name, "default", deployment.password(name))
        assign(admin, project, user, [roles["admin"], roles["service"]])
    services = {
        service["type"]: service["id"]
        for service in admin.call("keystone", "GET", "/services")["services"]
    }
    endpoints = {
        (endpoint["service_id"], endpoint["interface"]): endpoint
        for endpoint in admin.call("keystone", "GET", "/endpoints")["endpoints"]
    }
    for service_type, name in (("identity", "keystone"), *SERVICES):
        if service_type not in services:
            body = {"service": {"type": service_type, "name": name}}
            made = admin.call("keystone", "POST", "/services", body)["service"]
            services[service_type] = made["id"]
        for interface in ("public", "internal"):
            endpoint = {
                "service_id": services[service_type],
                "interface": interface,
                "region_id": REGION,
                "url": deployment.url("gateway" if name == "kic-vm" else name),
            }
            found = endpoints.get((services[service_type], interface))
            if found is None:
                admin.call("keystone", "POST", "/endpoints", {"endpoint": endpoint})
            elif found["url"] != endpoint["url"]:
                change = {"endpoint": {"url": endpoint["url"]}}
                admin.call("keystone", "PATCH", f"/endpoints/{found['id']}", change)
