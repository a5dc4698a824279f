"""Images."""

from kic_vm.policies import base

RULES = [
    base.rule("images:list", base.PROJECT_READER, "List images.", ("GET", "/api/v1/images")),
    base.rule(
        "images:get", base.PROJECT_READER, "Show one image.", ("GET", "/api/v1/images/{image_id}")
    ),
]
