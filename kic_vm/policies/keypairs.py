"""Keypairs."""

from kic_vm.policies import base

RULES = [
    base.rule(
        "keypairs:create",
        base.PROJECT_MEMBER,
        "Make or import a keypair.",
        ("POST", "/api/v1/keypairs"),
    ),
    base.rule("keypairs:list", base.PROJECT_READER, "List keypairs.", ("GET", "/api/v1/keypairs")),
    base.rule(
        "keypairs:get",
        base.PROJECT_READER,
        "Show one keypair.",
        ("GET", "/api/v1/keypairs/{keypair_name}"),
    ),
    base.rule(
        "keypairs:delete",
        base.PROJECT_MEMBER,
        "Delete a keypair; its creator only.",
        ("DELETE", "/api/v1/keypairs/{keypair_name}"),
    ),
]
