"""Quotas."""

from kic_vm.policies import base

RULES = [
    base.rule(
        "quotas:get",
        base.PROJECT_READER,
        "Show how much the project may have, and how much it has.",
        ("GET", "/api/v1/quotas"),
    ),
]
