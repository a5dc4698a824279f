"""Public IPs of an instance: as documented, the project admin's."""

from kic_vm.policies import base

_ALL = "/api/v1/instances/{instance_id}/network-interfaces/{network_interface_id}/public-ips"

RULES = [
    base.rule(
        "instance_public_ips:associate_new",
        base.PROJECT_ADMIN,
        "Give an instance's network interface a new public IP.",
        ("POST", _ALL),
    ),
    base.rule(
        "instance_public_ips:associate",
        base.PROJECT_ADMIN,
        "Give an instance's network interface one of the project's public IPs.",
        ("PUT", f"{_ALL}/{{public_ip_id}}"),
    ),
    base.rule(
        "instance_public_ips:remove",
        base.PROJECT_ADMIN,
        "Take the public IP off an instance's network interface.",
        ("DELETE", _ALL),
    ),
]
