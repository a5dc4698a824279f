"""Every error that a caller can meet: status, code and sentence, declared once.

The codes are stable: clients may branch on them. ``ERRORS`` is published in the OpenAPI document.
"""

import math
from typing import Any, ClassVar


class KicVmError(Exception):
    """An answer that is not the one the caller asked for.

    :param message: a sentence for this case; the class has one for the general case
    :param details: JSON fields that stand beside the message in the error envelope
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    sentence: ClassVar[str] = "The gateway met an error of its own. It has been logged."
    retry_after: int | None = None
    """Seconds after which the request is worth another try, for the header Retry-After."""
    is_outcome_unknown: bool = False
    """A service was asked to write, and whether it did is not known."""

    def __init__(self, message: str | None = None, **details: Any) -> None:
        self.message = message or self.sentence
        self.details = details
        super().__init__(self.message)


class InternalError(KicVmError):
    """A defect of the gateway."""


class InvalidRequest(KicVmError):
    """The request cannot be understood or would be impossible to fulfil."""

    status = 400
    code = "invalid_request"
    sentence = "The request is not valid."


class Unauthorized(KicVmError):
    """No valid token came with the request."""

    status = 401
    code = "unauthorized"
    sentence = "A valid token is needed: send one in the header X-Auth-Token."


class Forbidden(KicVmError):
    """The caller's roles do not allow the operation."""

    status = 403
    code = "forbidden"
    sentence = "Your role in this project does not allow this operation."


class NotTheCreator(KicVmError):
    """Only who has made the resource may do this, whatever the caller's role."""

    status = 403
    code = "not_the_creator"
    sentence = "Only who has made it may delete it."


class ProjectScopeRequired(KicVmError):
    """The token is valid but names no project."""

    status = 403
    code = "project_scope_required"
    sentence = "The token is not scoped to a project: issue one for the project to work in."


class QuotaExceeded(KicVmError):
    """The project has used up a quota; what is known of the figures stands beside the message.

    :param quota: its name, one of those that the list of quotas has where that shows it
    :param limit: how much of it the project may use
    :param used: how much of it is in use
    :param requested: how much more was asked for
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
        known = [f"{used} of {limit} are in use"] if limit is not None and used is not None else []
        if limit is not None and used is None:
            known.append(f"its limit is {limit}")
        if requested is not None:
            known.append(f"{requested} more are asked for")
        if quota:
            message += f": {', '.join(known)}." if known else "."
        super().__init__(
            f"{message} Delete something or ask for a larger quota.",
            **{name: value for name, value in figures.items() if value is not None},
        )


class NotFound(KicVmError):
    """The resource does not exist, or not for this project."""

    status = 404
    code = "not_found"
    sentence = "There is no such resource in this project."


class NoSuchPath(KicVmError):
    """No operation has this path."""

    status = 404
    code = "no_such_path"
    sentence = "There is no operation at this path. /openapi.json lists all of them."


class MethodNotAllowed(KicVmError):
    """The path exists, the method does not."""

    status = 405
    code = "method_not_allowed"
    sentence = "This path does not take this method; the header Allow lists those it takes."


class Conflict(KicVmError):
    """The resource is in the way of the request."""

    status = 409
    code = "conflict"
    sentence = "The request conflicts with the present state of the resource."


class InvalidState(KicVmError):
    """The resource's lifecycle state does not allow the command."""

    status = 409
    code = "invalid_state"
    sentence = "The resource's state does not allow this command."


class AlreadyInState(KicVmError):
    """What the command would bring about holds already."""

    status = 409
    code = "already_in_state"
    sentence = "The resource is in the state already that this command leads to."


class AlreadyUnderWay(KicVmError):
    """The same thing, or its opposite, is being done."""

    status = 409
    code = "already_under_way"
    sentence = "This is being done already."


class AlreadyExists(KicVmError):
    """The name is taken."""

    status = 409
    code = "already_exists"
    sentence = "A resource of this name exists already: choose another name."


class KeypairChanged(KicVmError):
    """The keypair of this name is another key than the one that the caller has used.

    ``fingerprint`` and ``used_fingerprint`` stand beside the message.
    """

    status = 409
    code = "keypair_changed"
    sentence = "The keypair is another key than the one that you have used under this name."


class IdempotencyInProgress(KicVmError):
    """A request with this Idempotency-Key still runs, or may still have an effect.

    :param retry_after: seconds after which a retry is worth while
    """

    status = 409
    code = "idempotency_in_progress"
    sentence = (
        "An earlier request with this Idempotency-Key still runs, or its outcome is not decided "
        "yet: try again after the time in the header Retry-After."
    )

    def __init__(self, retry_after: float = 1.0) -> None:
        super().__init__()
        self.retry_after = max(1, math.ceil(retry_after))


class OutcomeUnknown(KicVmError):
    """An earlier request with this Idempotency-Key may have been done; nothing tells."""

    status = 409
    code = "outcome_unknown"
    sentence = (
        "An earlier request with this Idempotency-Key got no answer from OpenStack, and whether it "
        "was done cannot be found out. Look whether it was, and use a new key to try again."
    )


class IdempotencyAnswerWithheld(KicVmError):
    """The first answer had a secret that is told once and kept nowhere."""

    status = 409
    code = "idempotency_answer_withheld"
    sentence = (
        "The request with this Idempotency-Key was done. Its answer had a secret that is told once "
        "and kept nowhere: if it was lost, delete what was made and make it anew."
    )


class IdempotencyKeyReused(KicVmError):
    """The Idempotency-Key came with another request before."""

    status = 422
    code = "idempotency_key_reused"
    sentence = (
        "This Idempotency-Key came with another request before: use a new one for each request."
    )


class RequestTooLarge(KicVmError):
    """The body is longer than the gateway takes."""

    status = 413
    code = "request_too_large"
    sentence = "The request body is too large."


class MalformedRequest(KicVmError):
    """What came is no HTTP request."""

    status = 400
    code = "malformed_request"
    sentence = "This is not a valid HTTP request."


class RequestTimeout(KicVmError):
    """The request did not arrive in time."""

    status = 408
    code = "request_timeout"
    sentence = "The request did not arrive in time: send it again, as a whole and without pauses."


class AddressTooLong(KicVmError):
    """The path with its query is longer than the gateway takes."""

    status = 414
    code = "address_too_long"
    sentence = "The path and query are too long: 8 KB at most, with the method."


class HeadersTooLarge(KicVmError):
    """There are too many headers, or one is too long."""

    status = 431
    code = "headers_too_large"
    sentence = "The headers are too large: 100 of 8 KB each at most."


class UnsupportedMediaType(KicVmError):
    """The body is not JSON."""

    status = 415
    code = "unsupported_media_type"
    sentence = "The request body must be JSON: send Content-Type: application/json."


class GatewayNotAllowed(KicVmError):
    """The cloud does not let the gateway's own user do what this operation needs."""

    status = 502
    code = "gateway_not_allowed"
    sentence = (
        "The cloud does not let the gateway do this: its operator has to give the gateway's user "
        "the roles that it needs."
    )


class UpstreamError(KicVmError):
    """An OpenStack service failed or gave an answer that makes no sense.

    :param service: the service's type in the OpenStack catalog
    """

    status = 502
    code = "upstream_error"
    sentence = "An OpenStack service failed."
    template: ClassVar[str] = "The {service} service failed. Try again later."

    def __init__(self, service: str, message: str | None = None) -> None:
        super().__init__(message or self.template.format(service=service), service=service)


class UpstreamUnavailable(UpstreamError):
    """An OpenStack service cannot be reached or is overloaded."""

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
    """An OpenStack service did not answer in time; what was asked may still happen."""

    status = 504
    code = "upstream_timeout"
    sentence = "An OpenStack service did not answer in time."
    template = "The {service} service did not answer in time. Try again later."


class NotOffered(KicVmError):
    """The contract has it, and OpenStack has nothing that it could be."""

    status = 501
    code = "not_offered"
    sentence = "This cloud cannot do that."


class IdempotencyNotOffered(KicVmError):
    """The gateway has no store that its processes share."""

    status = 501
    code = "idempotency_not_offered"
    sentence = (
        "This gateway cannot promise to do a request once: its operator has configured no Redis. "
        "Nothing was done; send the request without Idempotency-Key."
    )


class IdempotencyUnavailable(KicVmError):
    """The store that the gateway's processes share does not answer."""

    status = 503
    code = "idempotency_unavailable"
    sentence = (
        "The gateway cannot promise at the moment to do the request once. Nothing was done: try "
        "again later, or send it without Idempotency-Key."
    )


class NotReady(KicVmError):
    """A service that the gateway cannot do without does not answer."""

    status = 503
    code = "not_ready"
    sentence = "A service that is needed does not answer."


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
