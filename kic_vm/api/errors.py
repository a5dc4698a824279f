# SPDX-License-Identifier: Apache-2.0
"""The error envelope: convert any exception to a response."""

import http
from typing import Any

import flask
import webob.exc
from oslo_log import log as logging
from werkzeug import exceptions as http_exceptions

from kic_vm import exceptions
from kic_vm.adapters import misread_answers
from kic_vm.api import field_errors, json_body
from kic_vm.api.blueprint import services
from kic_vm.context import RECORD_KEY, RequestRecord, current_record
from kic_vm.operations.projects import quotas

LOG = logging.getLogger(__name__)

# Set in the WSGI environment after an error was rendered in the envelope.
RENDERED = "kic_vm.error_rendered"


def from_any(error: Exception) -> exceptions.KicVmError:
    """The gateway's error for an exception; unexpected exceptions are logged, not shown."""
    if isinstance(error, exceptions.KicVmError):
        return error
    status = getattr(error, "code", None)
    if isinstance(error, http_exceptions.HTTPException | webob.exc.HTTPException):
        if status == 413:
            return exceptions.RequestTooLarge()
        if status is not None and 400 <= status < 500:
            return exceptions.InvalidRequest()
    record = current_record()
    service = misread_answers.service_of(error, record.answers) if record else None
    if service:
        LOG.error("%s sent an answer that cannot be read", service, exc_info=error)
        return exceptions.UpstreamError(service)
    LOG.error("Unforeseen error", exc_info=error)
    return exceptions.InternalError()


def envelope(
    error: exceptions.KicVmError, request_id: str, request_body: object = None
) -> dict[str, Any]:
    """The body of an error response.

    :param request_body: the JSON body of the request, if it is known
    """
    is_about_fields = error.status == http.HTTPStatus.BAD_REQUEST
    return {
        "error": {
            "code": error.code,
            "message": error.message,
            **({"errors": field_errors.describe(error, request_body)} if is_about_fields else {}),
            **error.details,
            "request_id": request_id,
        }
    }


def envelope_of(
    error: exceptions.KicVmError, record: RequestRecord, request_body: object = None
) -> dict[str, Any]:
    """The body of an error response to a request.

    If OpenStack may have performed the request, the body states that, and names the operation that
    shows whether it did.
    """
    body = envelope(error, record.request_id, request_body)
    if error.status >= 500 and record.has_write:
        body["error"]["outcome"] = "unknown"
        if record.shown_by:
            body["error"]["message"] += (
                f" The request may have been done: {record.shown_by} shows whether it was."
            )
            body["error"]["shown_by"] = record.shown_by
    return body


def rendered(error: exceptions.KicVmError) -> dict[str, Any]:
    """The envelope as part of a view's own response."""
    flask.request.environ[RENDERED] = True
    return envelope_of(error, flask.request.environ[RECORD_KEY], _request_body(error))


def _request_body(error: exceptions.KicVmError) -> object:
    """The JSON body of the request, if the path of a field may have to be completed from it."""
    if not isinstance(error, exceptions.InvalidField):
        return None
    try:
        return json_body.read(flask.request.get_data(cache=True))
    except exceptions.InvalidRequest:
        return None


def headers(error: exceptions.KicVmError) -> dict[str, str]:
    """The headers of an error response."""
    found = {}
    if error.retry_after is not None:
        found["Retry-After"] = str(error.retry_after)
    if error.details.get("allow"):
        found["Allow"] = ", ".join(error.details["allow"])
    return found


def render(error: Exception) -> flask.Response:
    """Flask's response to any exception of a view."""
    ours = from_any(error)
    if isinstance(ours, exceptions.QuotaExceeded):
        ours = quotas.with_figures(services(), ours)
    response = flask.jsonify(rendered(ours))
    response.status_code = ours.status
    response.headers.update(headers(ours))
    return response
