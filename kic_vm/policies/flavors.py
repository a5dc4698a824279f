# SPDX-License-Identifier: Apache-2.0
"""Flavors."""

from kic_vm.policies import base

RULES = [
    base.rule("flavors:list", base.PROJECT_READER, "List flavors.", ("GET", "/api/v1/flavors")),
    base.rule(
        "flavors:get",
        base.PROJECT_READER,
        "Show one flavor.",
        ("GET", "/api/v1/flavors/{flavor_id}"),
    ),
]
