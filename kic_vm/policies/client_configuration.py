# SPDX-License-Identifier: Apache-2.0
"""Client configuration."""

from kic_vm.policies import base

RULES = [
    base.rule(
        "client_configuration:get",
        base.PROJECT_READER,
        "Show service endpoints and availability zones.",
        ("GET", "/api/v1/client-endpoints/resolve"),
        ("GET", "/api/v1/az-policies/resolve"),
        ("GET", "/api/v1/client-metadata/resolve"),
    ),
]
