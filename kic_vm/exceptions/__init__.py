# SPDX-License-Identifier: Apache-2.0
"""Every error that a caller can get: status, code and sentence, declared once.

The codes are stable: clients may branch on them. ``ERRORS`` is published in the OpenAPI document.
This module has the errors of resources and rights; the others are in modules by subject.
"""

from kic_vm.exceptions.base import (
    InternalError,
    KicVmError,
    is_refusal,
)
from kic_vm.exceptions.events import CursorExpired, EventsUnavailable
from kic_vm.exceptions.fields import FieldError, FieldErrorCode
from kic_vm.exceptions.http import (
    AddressTooLong,
    HeadersTooLarge,
    MalformedRequest,
    RequestTimeout,
    RequestTooLarge,
    TooManyRequests,
    UnsupportedMediaType,
)
from kic_vm.exceptions.idempotency import (
    IdempotencyAnswerWithheld,
    IdempotencyInProgress,
    IdempotencyKeyReused,
    IdempotencyNotOffered,
    IdempotencyUnavailable,
    OutcomeUnknown,
)
from kic_vm.exceptions.invalid import InvalidField, InvalidFields, InvalidRequest
from kic_vm.exceptions.upstream import (
    GatewayNotAllowed,
    UpstreamBusy,
    UpstreamError,
    UpstreamTimeout,
    UpstreamUnavailable,
)


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


class ChangedMeanwhile(Conflict):
    """The resource has changed since it was read: callers get it as a Conflict."""

    sentence = "Another request changed the resource at the same time: check it and try again."


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


class NotOffered(KicVmError):
    """The contract has this feature, but OpenStack has no equivalent."""

    status = 501
    code = "not_offered"
    sentence = "This cloud cannot do that."


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
    CursorExpired,
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
    EventsUnavailable,
    NotReady,
)

__all__ = [
    "ERRORS",
    "AddressTooLong",
    "AlreadyExists",
    "AlreadyInState",
    "AlreadyUnderWay",
    "Conflict",
    "CursorExpired",
    "EventsUnavailable",
    "FieldError",
    "FieldErrorCode",
    "Forbidden",
    "GatewayNotAllowed",
    "HeadersTooLarge",
    "IdempotencyAnswerWithheld",
    "IdempotencyInProgress",
    "IdempotencyKeyReused",
    "IdempotencyNotOffered",
    "IdempotencyUnavailable",
    "InternalError",
    "InvalidField",
    "InvalidFields",
    "InvalidRequest",
    "InvalidState",
    "KeypairChanged",
    "KicVmError",
    "MalformedRequest",
    "MethodNotAllowed",
    "NoSuchPath",
    "NotFound",
    "NotOffered",
    "NotReady",
    "NotTheCreator",
    "OutcomeUnknown",
    "ProjectScopeRequired",
    "QuotaExceeded",
    "RequestTimeout",
    "RequestTooLarge",
    "TooManyRequests",
    "Unauthorized",
    "UnsupportedMediaType",
    "UpstreamBusy",
    "UpstreamError",
    "UpstreamTimeout",
    "UpstreamUnavailable",
    "is_refusal",
]
