"""What anybody may ask, without a token."""

from kic_vm.policies import base

RULES = [
    base.rule(
        "health:get",
        base.PUBLIC,
        "Ask whether the gateway lives and can work.",
        ("GET", "/healthcheck"),
        ("GET", "/readiness"),
    ),
    base.rule(
        "documents:get",
        base.PUBLIC,
        "Read the lifecycle table and the description of the API.",
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
        "Issue or validate a token; Keystone itself decides.",
        ("POST", "/identity/v3/auth/tokens"),
        ("GET", "/identity/v3/auth/tokens"),
    ),
]
