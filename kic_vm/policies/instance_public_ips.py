# SPDX-License-Identifier: Apache-2.0
"""Public IPs of an instance: as documented, for project admins only."""

from kic_vm.policies import base

_ALL = "/api/v1/instances/{instance_id}/network-interfaces/{network_interface_id}/public-ips"

RULES = [
    base.rule(
        "instance_public_ips:associate_new",
        base.PROJECT_ADMIN,
        "Create a public IP for an instance's network interface.",
        ("POST", _ALL),
    ),
    base.rule(
        "instance_public_ips:associate",
        base.PROJECT_ADMIN,
        "Associate a public IP with an instance's network interface.",
        ("PUT", f"{_ALL}/{{public_ip_id}}"),
    ),
    base.rule(
        "instance_public_ips:remove",
        base.PROJECT_ADMIN,
        "Disassociate the public IP of an instance's network interface.",
        ("DELETE", _ALL),
    ),
]
