# SPDX-License-Identifier: Apache-2.0
"""Operations that need no token."""

from kic_vm.policies import base

RULES = [
    base.rule(
        "health:get",
        base.PUBLIC,
        "Show whether the gateway is alive and ready.",
        ("GET", "/healthcheck"),
        ("GET", "/readiness"),
    ),
    base.rule(
        "documents:get",
        base.PUBLIC,
        "Show the version of the gateway, the lifecycle table and the OpenAPI document.",
        ("GET", "/"),
        ("GET", "/api/v1/lifecycle"),
        ("GET", "/openapi.json"),
        ("GET", "/docs"),
        ("GET", "/docs/page.js"),
        ("GET", "/docs/page.css"),
        ("GET", "/docs/swagger-ui.css"),
        ("GET", "/docs/swagger-ui-bundle.js"),
    ),
    base.rule(
        "tokens:pass",
        base.PUBLIC,
        "Issue or validate a token; Keystone decides.",
        ("POST", "/identity/v3/auth/tokens"),
        ("GET", "/identity/v3/auth/tokens"),
    ),
]
