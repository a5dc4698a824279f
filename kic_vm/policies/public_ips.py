# SPDX-License-Identifier: Apache-2.0
"""Public IPs: as documented, for project admins only, reads included."""

from kic_vm.policies import base

_ALL = "/api/v1/public-ips"
_ONE = f"{_ALL}/{{public_ip_id}}"
_INTERFACE = f"{_ONE}/network-interfaces/{{network_interface_id}}"

RULES = [
    base.rule("public_ips:create", base.PROJECT_ADMIN, "Create a public IP.", ("POST", _ALL)),
    base.rule("public_ips:list", base.PROJECT_ADMIN, "List public IPs.", ("GET", _ALL)),
    base.rule("public_ips:get", base.PROJECT_ADMIN, "Show one public IP.", ("GET", _ONE)),
    base.rule("public_ips:update", base.PROJECT_ADMIN, "Update a public IP.", ("PUT", _ONE)),
    base.rule("public_ips:delete", base.PROJECT_ADMIN, "Delete a public IP.", ("DELETE", _ONE)),
    base.rule(
        "public_ips:associate",
        base.PROJECT_ADMIN,
        "Associate a public IP with a network interface.",
        ("PUT", _INTERFACE),
    ),
    base.rule(
        "public_ips:disassociate",
        base.PROJECT_ADMIN,
        "Disassociate a public IP.",
        ("DELETE", _INTERFACE),
    ),
]
