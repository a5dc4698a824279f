# SPDX-License-Identifier: Apache-2.0
"""The gateway's errors for answers of services, and for calls without an answer.

Messages of the services never reach a caller. They are logged, and looked up in the table of error
rules, whose sentences tell the caller what to change.
"""

import datetime
import email.utils
import re
from collections.abc import Callable, Mapping
from typing import Final

import openstack.exceptions
import orjson
import requests
from keystoneauth1 import exceptions as ksa_exceptions
from keystonemiddleware import auth_token
from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters.errors.absence import message_of_absence
from kic_vm.adapters.errors.table import load_table

LOG = logging.getLogger(__name__)

# The errors by status only, for messages that no rule matches.
STATUSES: Final[dict[int, Callable[[str], exceptions.KicVmError]]] = {
    400: lambda service: exceptions.InvalidRequest(
        f"The {service} service refused a value of the request: check each one against the "
        "resources that exist in the project."
    ),
    401: lambda _service: exceptions.Unauthorized("The token is no longer valid: issue a new one."),
    403: lambda service: exceptions.Forbidden(
        f"The cloud's own policy for the {service} service does not allow you this operation."
    ),
    404: lambda _service: exceptions.NotFound(),
    409: lambda _service: exceptions.Conflict(),
    413: lambda _service: exceptions.QuotaExceeded(),
    429: lambda service: exceptions.UpstreamUnavailable(
        service, f"The {service} service takes no more requests at the moment. Try again later."
    ),
    503: exceptions.UpstreamUnavailable,
    504: exceptions.UpstreamTimeout,
}

_NOT_FOUND: Final = 404
# The statuses whose Retry-After header is passed on, up to one day.
_RETRIABLE: Final = frozenset({429, 503})
# Keystone's refusals of a user: a malformed login, wrong credentials, a missing role.
_REFUSED: Final = frozenset({400, 401, 403})
_LONGEST_WAIT: Final = 86400
_DIGITS: Final = 9
_MESSAGE_LENGTH: Final = 500

# Nova's message when it cannot reach one of its cells.
_CELL_DOWN: Final = re.compile(
    r"<class '(nova\.exception\.NovaException|oslo_db\.exception\.DBConnectionError)'>"
)


def message_of(response: requests.Response) -> str:
    """The message in an OpenStack error body, which each service nests differently."""
    try:
        body = orjson.loads(response.content)  # unlike json, it also refuses what is nested deeply
    except orjson.JSONDecodeError:
        part = response.content[: 4 * _MESSAGE_LENGTH]  # a character has up to four bytes
        return part.decode(errors="replace")[:_MESSAGE_LENGTH]
    if not isinstance(body, dict):
        return str(body)[:_MESSAGE_LENGTH]
    for value in body.values():
        if isinstance(value, dict) and "message" in value:
            return f"{value.get('type', '')} {value['message']}".strip()
    return str(body)[:_MESSAGE_LENGTH]


def _loggable(service: str, message: str) -> str:
    """The message without text repeated from the request, such as passwords or user data."""
    if service == "identity":
        return "(its message is about credentials)"
    return message.partition("Value:")[0]


def from_response(service: str, response: requests.Response) -> exceptions.KicVmError:
    """The gateway's error for an answer of 400 and above from ``service``.

    A 404 that is not the service's own does not count as one.
    """
    message = message_of(response)
    status = response.status_code
    LOG.info("%s answered %d: %s", service, status, _loggable(service, message))
    if (service, status) == ("compute", 500) and _CELL_DOWN.search(message):
        return exceptions.UpstreamUnavailable(service)
    known = load_table().find(service, status, message)
    if known is not None:
        return known
    if status == _NOT_FOUND and message_of_absence(service, response) is None:
        return not_understood(service)
    if status in STATUSES:
        error = STATUSES[status](service)
        error.retry_after = _retry_after(response.headers) if status in _RETRIABLE else None
        return error
    return STATUSES[400](service) if status < 500 else exceptions.UpstreamError(service)


def from_rule(
    service: str, response: requests.Response, operation: str
) -> exceptions.KicVmError | None:
    """The gateway's error for an answer to an operation that has rules of its own.

    :param operation: the operation's name in ``rules.yaml``
    :returns: None if no rule is for the answer
    """
    return load_table().find(service, response.status_code, message_of(response), operation)


def _retry_after(headers: Mapping[str, str]) -> int | None:
    """The seconds in a Retry-After header, which is a number or a date; None without one."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return min(int(value[:_DIGITS]), _LONGEST_WAIT)
    try:
        date = email.utils.parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    now = datetime.datetime.now(datetime.UTC)
    seconds = (date.replace(tzinfo=date.tzinfo or datetime.UTC) - now).total_seconds()
    return min(max(0, round(seconds)), _LONGEST_WAIT)


def from_exception(service: str, error: Exception) -> exceptions.KicVmError:
    """The gateway's error for a call to ``service`` without any usable answer."""
    LOG.warning("Calling %s failed: %s", service, error)
    match error:
        case ksa_exceptions.Unauthorized():
            # The gateway's own user was refused: the caller cannot correct that.
            return _own_user_refused()
        case ksa_exceptions.HttpError():
            return _from_http_error(service, error)
        case ksa_exceptions.ConnectTimeout():  # keystoneauth's name for all timeouts
            return exceptions.UpstreamTimeout(service)
        case ksa_exceptions.EndpointNotFound() | openstack.exceptions.ConfigException():
            return exceptions.UpstreamUnavailable(
                service, f"The cloud's catalog has no {service} service in this region."
            )
        case (
            ksa_exceptions.ConnectFailure()
            | ksa_exceptions.DiscoveryFailure()
            | openstack.exceptions.ServiceDiscoveryException()
            | openstack.exceptions.NotSupported()  # its versions could not be read
        ):
            return exceptions.UpstreamUnavailable(service)
    return exceptions.UpstreamError(service)


def from_keystone(error: Exception) -> exceptions.KicVmError:
    """The gateway's error if Keystone neither validated a token nor allowed the gateway's login.

    Whatever the reason, the caller can only wait until Keystone works again.
    """
    LOG.warning("Keystone failed: %s: %s", type(error).__name__, error)
    ours = exceptions.UpstreamUnavailable("identity")
    # auth_token wraps the answer to its request.
    cause = error.__context__ if isinstance(error, auth_token.ServiceError) else error
    match cause:
        case ksa_exceptions.ConnectTimeout() | requests.Timeout() | ksa_exceptions.GatewayTimeout():
            return exceptions.UpstreamTimeout("identity")
        case ksa_exceptions.HttpError(http_status=status) if status in _REFUSED:
            return _own_user_refused()
        case ksa_exceptions.HttpError(http_status=status) if status in _RETRIABLE:
            # A response of 400 and above is false.
            if cause.response is not None:
                ours.retry_after = _retry_after(cause.response.headers)
    return ours


def _own_user_refused() -> exceptions.KicVmError:
    return exceptions.UpstreamUnavailable(
        "identity",
        "The identity service answers, but refuses the gateway's own user. Inform the operator of "
        "the cloud.",
    )


def _from_http_error(service: str, error: ksa_exceptions.HttpError) -> exceptions.KicVmError:
    ours = STATUSES.get(error.http_status, exceptions.UpstreamError)(service)
    if error.http_status in _RETRIABLE and error.response is not None:
        ours.retry_after = _retry_after(error.response.headers)
    return ours


def not_understood(service: str) -> exceptions.KicVmError:
    """The gateway's error for an answer of ``service`` that does not conform to its API."""
    LOG.error("%s sent an answer that its API does not document", service)
    return exceptions.UpstreamError(service)
