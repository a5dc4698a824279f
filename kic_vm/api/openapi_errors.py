# SPDX-License-Identifier: Apache-2.0
"""The error responses of each operation in the OpenAPI document: statuses, codes and headers."""

import operator
from collections.abc import Iterable
from typing import Any, Final

from kic_vm import exceptions
from kic_vm.api.error_messages import Translate

JSON = dict[str, Any]
Errors = tuple[type[exceptions.KicVmError], ...]

_ALWAYS: Final[Errors] = (
    exceptions.MalformedRequest,
    exceptions.RequestTimeout,
    exceptions.AddressTooLong,
    exceptions.HeadersTooLarge,
    exceptions.InternalError,
)
_WITH_SERVICES: Final[Errors] = (
    exceptions.Unauthorized,
    exceptions.TooManyRequests,
    exceptions.UpstreamError,
    exceptions.UpstreamUnavailable,
    exceptions.UpstreamBusy,
    exceptions.UpstreamTimeout,
)
_WITH_TOKEN: Final[Errors] = (
    exceptions.ProjectScopeRequired,
    exceptions.Forbidden,
    exceptions.GatewayNotAllowed,
)
_WITH_BODY: Final[Errors] = (exceptions.UnsupportedMediaType, exceptions.RequestTooLarge)
_WITH_IDEMPOTENCY_KEY: Final[Errors] = (
    exceptions.IdempotencyInProgress,
    exceptions.OutcomeUnknown,
    exceptions.IdempotencyAnswerWithheld,
    exceptions.IdempotencyKeyReused,
    exceptions.IdempotencyNotOffered,
    exceptions.IdempotencyUnavailable,
)
_WITH_STATES: Final[Errors] = (
    exceptions.InvalidState,
    exceptions.AlreadyInState,
    exceptions.AlreadyUnderWay,
)
# The resources whose state can forbid a command, by the name of their id in a path.
_RESOURCES_WITH_STATES: Final = ("{instance_id}", "{volume_id}", "{snapshot_id}", "{image_id}")
_WITH_UNIQUE_NAMES: Final[Errors] = (exceptions.AlreadyExists,)
_OWN: Final[dict[str, Errors]] = {
    "issue_token": (exceptions.Forbidden, exceptions.RequestTooLarge),
    "create_instance": (exceptions.KeypairChanged,),
    "rebuild_instance": (exceptions.KeypairChanged,),
    "get_instance_console_log": (exceptions.InvalidState,),
    "delete_keypair": (exceptions.NotTheCreator,),
    "update_route": (exceptions.AlreadyExists,),
    "update_security_group": _WITH_UNIQUE_NAMES,
    "list_events": (
        exceptions.CursorExpired,
        exceptions.EventsUnavailable,
        exceptions.NotOffered,
    ),
    "readiness": (exceptions.NotReady,),
}
"""Operation id -> the errors that only this operation and few others have."""
_TOKEN_OPERATIONS: Final = frozenset({"issue_token", "validate_token"})
_RETRIED: Final = frozenset({409, 429, 503})
_HEADERS: Final = ("Content-Language", "Vary", "X-Openstack-Request-Id")
_LIMIT_HEADERS: Final = ("RateLimit-Policy", "RateLimit")


def errors_of(path: str, method: str, operation: JSON) -> list[type[exceptions.KicVmError]]:
    """The errors of an operation, in the order of the table of errors.

    :param method: in lower case
    :param operation: the operation in the document
    """
    places = {parameter["in"] for parameter in operation.get("parameters", [])}
    has_token, has_body = bool(operation["security"]), "requestBody" in operation
    is_write = has_token and method != "get"
    has_services = has_token or operation["operationId"] in _TOKEN_OPERATIONS
    groups: tuple[tuple[bool, Errors], ...] = (
        (True, _ALWAYS),
        (has_services, _WITH_SERVICES),
        (has_token, _WITH_TOKEN),
        (has_services or "query" in places, (exceptions.InvalidRequest,)),
        (has_token and "{" in path, (exceptions.NotFound,)),
        (operation["operationId"] in _TOKEN_OPERATIONS, (exceptions.NotFound,)),
        (has_body, _WITH_BODY),
        (is_write, (exceptions.Conflict,)),
        (is_write and method == "post", _WITH_IDEMPOTENCY_KEY + _WITH_UNIQUE_NAMES),
        (is_write and method != "delete", (exceptions.QuotaExceeded,)),
        (is_write and any(name in path for name in _RESOURCES_WITH_STATES), _WITH_STATES),
        (True, _OWN.get(operation["operationId"], ())),
    )
    possible = {error for applies, errors in groups if applies for error in errors}
    return [error for error in exceptions.ERRORS if error in possible]


def add_errors(
    document: JSON, operations: Iterable[tuple[str, str, JSON]], translate: Translate
) -> None:
    """Add to each operation a response for each status of its errors.

    Equal responses are one component of the document.

    :param operations: path, method in lower case, and operation
    :param translate: translates the sentences of errors
    """
    responses = document["components"]["responses"]
    # The order decides that of the components: each process must have the same document.
    for path, method, operation in sorted(operations, key=operator.itemgetter(0, 1)):
        by_status: dict[int, list[type[exceptions.KicVmError]]] = {}
        for error in errors_of(path, method, operation):
            by_status.setdefault(error.status, []).append(error)
        limits = "429" if 429 in by_status else ""
        for status, errors in by_status.items():
            own = operation["responses"].get(str(status), {})
            if "content" in own:  # with members besides the envelope
                own["headers"] = _headers(status, has_limits=bool(limits))
                continue
            name = "".join(error.__name__ for error in errors) + limits
            responses.setdefault(name, _response(status, errors, translate, bool(limits)))
            operation["responses"][str(status)] = {"$ref": f"#/components/responses/{name}"}


def add_table(document: JSON, translate: Translate) -> None:
    """Add the table of all errors, for programs and, after the introduction, for people."""
    document["x-error-codes"] = [
        {"code": error.code, "status": error.status, "message": translate(error.sentence)}
        for error in exceptions.ERRORS
    ]
    rows = [
        f"| {row['status']} | `{row['code']}` | {row['message']} |"
        for row in document["x-error-codes"]
    ]
    table = "\n".join(["| status | code | meaning |", "| --- | --- | --- |", *rows])
    document["info"]["description"] += f"\n\n{table}"


def _response(
    status: int, errors: list[type[exceptions.KicVmError]], translate: Translate, has_limits: bool
) -> JSON:
    return {
        "description": "\n".join(
            f"- `{error.code}`: {translate(error.sentence)}" for error in errors
        ),
        "headers": _headers(status, has_limits=has_limits),
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/ErrorEnvelope"},
                "examples": {error.code: {"value": _example(error, translate)} for error in errors},
            }
        },
    }


def _headers(status: int, *, has_limits: bool) -> JSON:
    names = [*_HEADERS]
    if has_limits:
        names += _LIMIT_HEADERS
    if status in _RETRIED:
        names.append("Retry-After")
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _example(error: type[exceptions.KicVmError], translate: Translate) -> JSON:
    message = translate(error.sentence)
    problem = {"field": None, "code": "invalid_value", "message": message}
    return {
        "error": {
            "code": error.code,
            "message": message,
            **({"errors": [problem]} if error.status == 400 else {}),
            "request_id": "req-05dcb300-2b15-4db8-a2c4-fdc00efc9fd6",
        }
    }
