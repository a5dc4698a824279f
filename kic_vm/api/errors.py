# SPDX-License-Identifier: Apache-2.0
"""The error envelope: convert any exception to a response."""

import http
from typing import Any
from wsgiref.types import WSGIEnvironment

import flask
import webob.exc
from oslo_log import log as logging
from werkzeug import exceptions as http_exceptions

from kic_vm import exceptions
from kic_vm.adapters import misread_answers
from kic_vm.api import error_messages, field_errors, json_body
from kic_vm.api.blueprint import services
from kic_vm.context import (
    ENVIRON_KEY,
    RECORD_KEY,
    RequestContext,
    RequestRecord,
    current_record,
)
from kic_vm.i18n import languages
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
    error: exceptions.KicVmError,
    request_id: str,
    request_body: object = None,
    translate: error_messages.Translate = str,
) -> dict[str, Any]:
    """The body of an error response.

    :param request_body: the JSON body of the request, if it is known
    :param translate: translates messages; by default, they are English
    """
    is_about_fields = error.status == http.HTTPStatus.BAD_REQUEST
    fields = field_errors.describe(error, request_body, translate) if is_about_fields else []
    return {
        "error": {
            "code": error.code,
            "message": field_errors.message_of(error, translate),
            **({"errors": fields} if is_about_fields else {}),
            **error.details,
            "request_id": request_id,
        }
    }


def envelope_of(
    error: exceptions.KicVmError, environ: WSGIEnvironment, request_body: object = None
) -> dict[str, Any]:
    """The body of an error response to a request, in the language that the client prefers.

    If OpenStack may have performed the request, the body states that, and names the operation that
    shows whether it did.
    """
    record: RequestRecord = environ[RECORD_KEY]
    translate = error_messages.translations(_language(environ))
    body = envelope(error, record.request_id, request_body, translate)
    if _is_outcome_unknown(error, environ):
        body["error"]["outcome"] = "unknown"
        if record.shown_by:
            shown_by = f"The request may have been done: {record.shown_by} shows whether it was."
            body["error"]["message"] += f" {translate(shown_by)}"
            body["error"]["shown_by"] = record.shown_by
    return body


def _is_outcome_unknown(error: exceptions.KicVmError, environ: WSGIEnvironment) -> bool:
    """Whether OpenStack may have performed the request, now or in an earlier attempt."""
    if environ["REQUEST_METHOD"] == "GET":
        return False
    record: RequestRecord = environ[RECORD_KEY]
    context: RequestContext | None = environ.get(ENVIRON_KEY)
    request = context.idempotent_request if context is not None else None
    is_open = request is not None and request.is_outcome_open
    return is_open or record.is_outcome_unknown(error.status)


def _language(environ: WSGIEnvironment) -> languages.Language:
    return languages.preferred(environ.get(languages.ENVIRON_KEY))


def _request_body(error: exceptions.KicVmError) -> object:
    """The JSON body of the request, if the path of a field may have to be completed from it."""
    if not isinstance(error, exceptions.InvalidField):
        return None
    try:
        return json_body.read(flask.request.get_data(cache=True))
    except exceptions.InvalidRequest:
        return None


def headers(
    error: exceptions.KicVmError, environ: WSGIEnvironment, vary: str = ""
) -> dict[str, str]:
    """The headers of an error response to a request.

    :param vary: the Vary header that the response has without the language of its messages
    """
    found = {
        "Content-Language": _language(environ),
        "Vary": f"{vary}, {languages.HEADER}" if vary else languages.HEADER,
    }
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
    return response_to(ours)


def response_to(error: exceptions.KicVmError, **members: Any) -> flask.Response:
    """Flask's response to one of the gateway's errors.

    :param members: members of the body besides the envelope
    """
    environ = flask.request.environ
    environ[RENDERED] = True
    response = flask.jsonify(envelope_of(error, environ, _request_body(error)) | members)
    response.status_code = error.status
    response.headers.update(headers(error, environ))
    return response
