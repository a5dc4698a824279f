# SPDX-License-Identifier: Apache-2.0
"""Quotas."""

from kic_vm.policies import base

RULES = [
    base.rule(
        "quotas:get",
        base.PROJECT_READER,
        "Show the project's quotas and their use.",
        ("GET", "/api/v1/quotas"),
    ),
]
