# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI document, generated from the schemas and rules that the gateway uses."""

from collections.abc import Iterable
from typing import Any, Final

import flask_smorest
from oslo_policy import policy

from kic_vm.policies import base
from kic_vm.schemas.errors import ErrorEnvelopeSchema

HEADERS: Final = "x-headers"
"""A view's description of the request headers that it reads, for ``Blueprint.doc``."""
VERSION: Final = "3.0.3"
_TOKEN: Final = "token"  # noqa: S105 - the name of a security scheme


def header_parameter(name: str, description: str, **limits: Any) -> dict[str, Any]:
    """The description of an optional request header.

    :param limits: limits of the text, as in a schema
    """
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": {"type": "string", **limits},
    }


_IDEMPOTENCY_KEY: Final = header_parameter(
    "Idempotency-Key",
    "Makes a retry safe. The same request with the same key is performed once, and a retry gets "
    "the first response with the header Idempotency-Replayed. A refused request has changed "
    "nothing, so its retry is a first attempt. If the outcome of a request is unknown, a retry "
    "searches for its result first; until the outcome is known, a retry gets 409 "
    "idempotency_in_progress with Retry-After.",
    pattern="^[!-~]+$",
    minLength=1,
    maxLength=255,
)
_IF_NONE_MATCH: Final = header_parameter(
    "If-None-Match",
    "The ETag of an earlier response, or several of them. While the content is the same, the "
    "response is 304 without a body.",
)
_ACCEPTED_AGE: Final = header_parameter(
    "Cache-Control",
    "`max-age=N`: the response may be built from a list that was fetched at most N seconds ago for "
    "the same project and roles. Without it, the response is fresh.",
)
_AGE: Final = {"Age": "The age of the response in seconds, if the request has `max-age`."}
_READ_HEADERS: Final = {
    "ETag": "Identifies the content of the response. Send it in If-None-Match with the next read.",
    "Cache-Control": "`private, no-cache`: store the response for this user only, and ask before "
    "each use whether it is still valid. `no-store`: do not store it.",
    "Vary": "The request headers on which the response depends.",
}
_REQUEST_ID: Final = "X-Openstack-Request-Id"
_REPLAYED: Final = "Idempotency-Replayed"
_LIMIT_HEADERS: Final = {
    "RateLimit-Policy": "The rate limits that apply to the request, such as "
    '`"reads_per_user_60s";q=100;w=60`: 100 requests in 60 seconds. Absent if no limit applies.',
    "RateLimit": "The remaining requests of each limit, such as "
    '`"reads_per_user_60s";r=42;t=17`: 42 requests, and 17 seconds until all are available again.',
}
_ALL_HEADERS: Final = {
    **_READ_HEADERS,
    **_AGE,
    **_LIMIT_HEADERS,
    _REQUEST_ID: "Identifies the request in the logs of the gateway and of the OpenStack services.",
    _REPLAYED: "`true` if this is the response to an earlier request with the same key.",
    "Retry-After": "The seconds after which a retry makes sense.",
    "Content-Language": "The language of the messages of an error: `en` or `ko`.",
}

CONFIGURATION: Final = {
    "API_TITLE": "KakaoCloud VM API on OpenStack",
    "API_VERSION": "v1",
    "OPENAPI_VERSION": VERSION,
    "OPENAPI_URL_PREFIX": None,  # served by kic_vm.api.documents, with the additions below
}


class Api(flask_smorest.Api):
    """flask-smorest with the gateway's error envelope."""

    ERROR_SCHEMA = ErrorEnvelopeSchema

    def _register_error_handlers(self) -> None:
        """Do nothing: kic_vm.app registers the only error handler."""


def document(api: Api, rules: Iterable[policy.DocumentedRuleDefault]) -> dict[str, Any]:
    """The complete document.

    It adds to flask-smorest's paths and schemas the policy rule and the headers of each operation.
    """
    generated: dict[str, Any] = api.spec.to_dict()
    generated["info"]["description"] = (
        "Every response of 400 and above has one shape, and one of these codes. The error of a "
        "write has `outcome: unknown` if OpenStack may have performed the request, or may still "
        "perform it; `shown_by` names the operation that shows the result."
    )
    generated.setdefault("components", {})["securitySchemes"] = {
        _TOKEN: {"type": "apiKey", "in": "header", "name": "X-Auth-Token"}
    }
    generated["components"]["headers"] = {
        name: {"description": text, "schema": {"type": "string"}}
        for name, text in _ALL_HEADERS.items()
    }
    for rule in rules:
        for guarded in rule.operations:
            described = generated["paths"].get(guarded["path"])
            if described is None:  # a page for humans, such as /docs
                continue
            operation = described[guarded["method"].lower()]
            operation["x-policy-rule"] = rule.name
            if HEADERS in operation:
                operation.setdefault("parameters", []).extend(operation.pop(HEADERS))
            if guarded["method"] == "POST" and rule.check_str != base.PUBLIC:
                operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
            if guarded["method"] == "GET":
                _add_conditional_read(operation, has_age=rule.check_str != base.PUBLIC)
            operation["security"] = [] if rule.check_str == base.PUBLIC else [{_TOKEN: []}]
            _add_headers(operation, guarded["method"])
    return generated


def _add_conditional_read(operation: dict[str, Any], *, has_age: bool) -> None:
    """Describe the request headers of a read, the response headers, and the response 304.

    :param has_age: the response may have an age
    """
    parameters = [_IF_NONE_MATCH, _ACCEPTED_AGE] if has_age else [_IF_NONE_MATCH]
    operation.setdefault("parameters", []).extend(parameters)
    names = [*_READ_HEADERS, *_AGE] if has_age else [*_READ_HEADERS]
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    operation["responses"]["200"]["headers"] = headers
    operation["responses"]["304"] = {
        "description": "The client already has this content: the ETag is one of If-None-Match.",
        "headers": dict(headers),
    }


def _add_headers(operation: dict[str, Any], method: str) -> None:
    """Describe the headers that every successful response has."""
    names = [_REQUEST_ID]
    if operation["security"]:
        names += _LIMIT_HEADERS
        if method == "POST":
            names.append(_REPLAYED)
    for status, response in operation["responses"].items():
        if status.isdecimal() and int(status) < 400:
            headers = response.setdefault("headers", {})
            headers.update({name: {"$ref": f"#/components/headers/{name}"} for name in names})
