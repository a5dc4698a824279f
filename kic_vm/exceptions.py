"""Every error that a caller can get: status, code and sentence, declared once.

The codes are stable: clients may branch on them. ``ERRORS`` is published in the OpenAPI document.
"""

import math
from collections.abc import Sequence
from typing import Any, ClassVar


class KicVmError(Exception):
    """An error response.

    :param message: a sentence for this case; the class has one for the general case
    :param details: JSON fields besides the message in the error envelope
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    sentence: ClassVar[str] = "The gateway has an internal error, which it has logged."
    retry_after: int | None = None
    """Seconds after which a retry makes sense, for the Retry-After header."""
    problems: Sequence[tuple[str | None, str]] = ()
    """The path of each wrong field, and what is wrong with it."""
    is_outcome_unknown: bool = False
    """Whether the outcome of a write to a service is unknown."""

    def __init__(self, message: str | None = None, **details: Any) -> None:
        self.message = message or self.sentence
        self.details = details
        super().__init__(self.message)


class InternalError(KicVmError):
    """A defect of the gateway."""


class InvalidRequest(KicVmError):
    """The request is malformed or impossible to fulfil."""

    status = 400
    code = "invalid_request"
    sentence = "The request is not valid."


class Unauthorized(KicVmError):
    """The request has no valid token."""

    status = 401
    code = "unauthorized"
    sentence = "This operation needs a valid token: send one in the X-Auth-Token header."


class Forbidden(KicVmError):
    """The caller's roles do not allow the operation."""

    status = 403
    code = "forbidden"
    sentence = "Your role in this project does not allow this operation."


class NotTheCreator(KicVmError):
    """Only the user who created the resource may do this, whatever the caller's role."""

    status = 403
    code = "not_the_creator"
    sentence = "Only the user who created the resource can delete it."


class ProjectScopeRequired(KicVmError):
    """The token is valid but not scoped to a project."""

    status = 403
    code = "project_scope_required"
    sentence = "The token is not scoped to a project: request one for the project to work in."


class QuotaExceeded(KicVmError):
    """The request exceeds a quota of the project; the known figures are in the error's details.

    :param quota: the name of the quota, as in the list of quotas if that has it
    :param limit: the project's limit
    :param used: the amount in use
    :param requested: the additional amount that was requested
    """

    status = 403
    code = "quota_exceeded"
    sentence = "The project's quota does not allow this."

    def __init__(
        self,
        quota: str | None = None,
        limit: int | None = None,
        used: int | None = None,
        requested: int | None = None,
    ) -> None:
        figures = {"quota": quota, "limit": limit, "used": used, "requested": requested}
        message = f"The project's quota of {quota} does not allow this" if quota else self.sentence
        facts = [f"{used} of {limit} are in use"] if limit is not None and used is not None else []
        if limit is not None and used is None:
            facts.append(f"its limit is {limit}")
        if requested is not None:
            facts.append(f"{requested} more were requested")
        if quota:
            message += f": {', '.join(facts)}." if facts else "."
        super().__init__(
            f"{message} Delete resources or ask for a larger quota.",
            **{name: value for name, value in figures.items() if value is not None},
        )


class NotFound(KicVmError):
    """The resource does not exist, or belongs to another project."""

    status = 404
    code = "not_found"
    sentence = "There is no such resource in this project."


class NoSuchPath(KicVmError):
    """No operation has this path."""

    status = 404
    code = "no_such_path"
    sentence = "There is no operation at this path. /openapi.json lists all of them."


class MethodNotAllowed(KicVmError):
    """The path exists, but not with this method."""

    status = 405
    code = "method_not_allowed"
    sentence = "This path does not support this method: use one from the Allow header."


class Conflict(KicVmError):
    """The request conflicts with a resource."""

    status = 409
    code = "conflict"
    sentence = "The request conflicts with the current state of the resource."


class InvalidState(KicVmError):
    """The resource's lifecycle state does not allow the command."""

    status = 409
    code = "invalid_state"
    sentence = "The resource's state does not allow this command."


class AlreadyInState(KicVmError):
    """The resource is already in the command's target state."""

    status = 409
    code = "already_in_state"
    sentence = "The resource is already in the target state."


class AlreadyUnderWay(KicVmError):
    """The same operation, or its opposite, is in progress."""

    status = 409
    code = "already_under_way"
    sentence = "This operation is already in progress."


class AlreadyExists(KicVmError):
    """The name is taken."""

    status = 409
    code = "already_exists"
    sentence = "A resource with this name already exists: choose another name."


class KeypairChanged(KicVmError):
    """The keypair with this name has a different key than the one that the caller has used.

    The details contain ``fingerprint`` and ``used_fingerprint``.
    """

    status = 409
    code = "keypair_changed"
    sentence = "The keypair has changed since you last used it."


class IdempotencyInProgress(KicVmError):
    """A request with this Idempotency-Key is in progress, or may still have an effect.

    :param retry_after: seconds after which a retry makes sense
    """

    status = 409
    code = "idempotency_in_progress"
    sentence = (
        "An earlier request with this Idempotency-Key is in progress, or its outcome is not known "
        "yet: try again after the time in the Retry-After header."
    )

    def __init__(self, retry_after: float = 1.0) -> None:
        super().__init__()
        self.retry_after = max(1, math.ceil(retry_after))


class OutcomeUnknown(KicVmError):
    """An earlier request with this Idempotency-Key may have been done; this is unknown."""

    status = 409
    code = "outcome_unknown"
    sentence = (
        "An earlier request with this Idempotency-Key got no answer from OpenStack, and the "
        "gateway cannot determine its outcome. Check whether it was done; if not, try again with a "
        "new key."
    )


class IdempotencyAnswerWithheld(KicVmError):
    """The first response had a secret, which is returned only once and not stored."""

    status = 409
    code = "idempotency_answer_withheld"
    sentence = (
        "The request with this Idempotency-Key was done. Its response had a secret, which is "
        "returned only once: if you have lost it, delete the created resource and create it again."
    )


class IdempotencyKeyReused(KicVmError):
    """The Idempotency-Key was used for a different request."""

    status = 422
    code = "idempotency_key_reused"
    sentence = (
        "This Idempotency-Key was used for a different request: use a new key for each request."
    )


class RequestTooLarge(KicVmError):
    """The body is longer than the gateway accepts."""

    status = 413
    code = "request_too_large"
    sentence = "The request body is too large."


class MalformedRequest(KicVmError):
    """The data from the client is not an HTTP request."""

    status = 400
    code = "malformed_request"
    sentence = "This is not a valid HTTP request."


class RequestTimeout(KicVmError):
    """The request did not arrive in time."""

    status = 408
    code = "request_timeout"
    sentence = "The request did not arrive in time: send it again, as a whole and without pauses."


class AddressTooLong(KicVmError):
    """The path with its query is longer than the gateway accepts."""

    status = 414
    code = "address_too_long"
    sentence = "The path and query are too long: send at most 8 KB, including the method."


class TooManyRequests(KicVmError):
    """The client has exceeded a rate limit of the gateway.

    :param retry_after: seconds after which a retry makes sense
    """

    status = 429
    code = "too_many_requests"
    sentence = "Too many requests: try again after the time in the Retry-After header."

    def __init__(self, retry_after: int = 1) -> None:
        super().__init__()
        self.retry_after = retry_after


class HeadersTooLarge(KicVmError):
    """There are too many headers, or one is too long."""

    status = 431
    code = "headers_too_large"
    sentence = "The headers are too large: send at most 100 headers of 8 KB each."


class UnsupportedMediaType(KicVmError):
    """The body is not JSON."""

    status = 415
    code = "unsupported_media_type"
    sentence = "The request body must be JSON: send Content-Type: application/json."


class GatewayNotAllowed(KicVmError):
    """The gateway's own user lacks a right in the cloud that this operation needs."""

    status = 502
    code = "gateway_not_allowed"
    sentence = (
        "The gateway's user lacks the roles for this operation: ask the operator of the cloud to "
        "grant them."
    )


class UpstreamError(KicVmError):
    """An OpenStack service failed or returned an invalid response.

    :param service: the service's type in the OpenStack catalog
    """

    status = 502
    code = "upstream_error"
    sentence = "An OpenStack service failed."
    template: ClassVar[str] = "The {service} service failed. Try again later."

    def __init__(self, service: str, message: str | None = None) -> None:
        super().__init__(message or self.template.format(service=service), service=service)


class UpstreamUnavailable(UpstreamError):
    """An OpenStack service is unreachable or overloaded."""

    status = 503
    code = "upstream_unavailable"
    sentence = "An OpenStack service cannot be reached."
    template = "The {service} service cannot be reached at the moment. Try again later."


class UpstreamBusy(UpstreamError):
    """As many requests wait for an OpenStack service already as may at a time."""

    status = 503
    code = "upstream_busy"
    sentence = "Too many requests wait for an OpenStack service."
    template = (
        "Too many requests wait for the {service} service. Nothing was sent to it. Try again "
        "after the time in the header Retry-After."
    )
    retry_after = 1


class UpstreamTimeout(UpstreamError):
    """An OpenStack service did not answer in time; it may still process the request."""

    status = 504
    code = "upstream_timeout"
    sentence = "An OpenStack service did not answer in time."
    template = "The {service} service did not answer in time. Try again later."


class NotOffered(KicVmError):
    """The contract has this feature, but OpenStack has no equivalent."""

    status = 501
    code = "not_offered"
    sentence = "This cloud cannot do that."


class IdempotencyNotOffered(KicVmError):
    """The gateway has no Redis, which its processes would share."""

    status = 501
    code = "idempotency_not_offered"
    sentence = (
        "This gateway does not support the Idempotency-Key, because it has no Redis. Nothing was "
        "done: send the request without an Idempotency-Key."
    )


class IdempotencyUnavailable(KicVmError):
    """The Redis that the gateway's processes share does not answer."""

    status = 503
    code = "idempotency_unavailable"
    sentence = (
        "The gateway cannot support the Idempotency-Key at the moment. Nothing was done: try again "
        "later, or send the request without an Idempotency-Key."
    )


class NotReady(KicVmError):
    """A service that the gateway requires does not answer."""

    status = 503
    code = "not_ready"
    sentence = "A required service does not answer."


ERRORS: tuple[type[KicVmError], ...] = (
    InvalidRequest,
    Unauthorized,
    Forbidden,
    NotTheCreator,
    ProjectScopeRequired,
    QuotaExceeded,
    NotFound,
    NoSuchPath,
    MethodNotAllowed,
    Conflict,
    InvalidState,
    AlreadyInState,
    AlreadyUnderWay,
    AlreadyExists,
    KeypairChanged,
    IdempotencyInProgress,
    OutcomeUnknown,
    IdempotencyAnswerWithheld,
    IdempotencyKeyReused,
    RequestTooLarge,
    MalformedRequest,
    RequestTimeout,
    AddressTooLong,
    TooManyRequests,
    HeadersTooLarge,
    UnsupportedMediaType,
    InternalError,
    GatewayNotAllowed,
    UpstreamError,
    UpstreamUnavailable,
    UpstreamBusy,
    UpstreamTimeout,
    NotOffered,
    IdempotencyNotOffered,
    IdempotencyUnavailable,
    NotReady,
)
