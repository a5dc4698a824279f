# SPDX-License-Identifier: Apache-2.0
"""The volume type."""

from ..rest import Session

TYPE = "SSD"


def ensure(admin: Session) -> None:
    """The type SSD, and no other."""
    found = admin.call("cinder", "GET", "/types?is_public=None")["volume_types"]
    types = {volume_type["name"]: volume_type["id"] for volume_type in found}
    if TYPE not in types:
        specs = {"volume_backend_name": "ssd"}
        body = {"name": TYPE, "description": "Solid state disk", "extra_specs": specs}
        admin.call("cinder", "POST", "/types", {"volume_type": body})
    if "__DEFAULT__" in types:
        admin.call("cinder", "DELETE", f"/types/{types['__DEFAULT__']}")


def ensure_quota(admin: Session, projects: dict[str, str]) -> None:
    """Room for many volumes."""
    quota = {"volumes": 500, "snapshots": 500, "gigabytes": 20000}
    for project in projects.values():
        admin.call("cinder", "PUT", f"/os-quota-sets/{project}", {"quota_set": quota})
