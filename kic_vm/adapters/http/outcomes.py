# SPDX-License-Identifier: Apache-2.0
"""Whether a request without an answer may have reached its service."""

import requests
from keystoneauth1 import exceptions as ksa_exceptions
from urllib3.exceptions import MaxRetryError, NewConnectionError


def may_have_arrived(error: Exception, endpoint: str | None) -> bool:
    """Whether the service may have received the request, and may act on it.

    False if the login, the service catalog or the endpoint discovery failed, or if no connection
    was made. True in all other cases.

    :param error: what keystoneauth or openstacksdk raised
    :param endpoint: the address of the service, if known
    """
    # keystoneauth raises its connection errors while it handles those of requests.
    failure = error.__context__
    if not isinstance(error, ksa_exceptions.ConnectionError):
        return False
    if not isinstance(failure, requests.RequestException):
        return True
    return not (_is_elsewhere(failure, endpoint) or _is_unconnected(failure))


def _is_elsewhere(failure: requests.RequestException, endpoint: str | None) -> bool:
    """Whether the request went to another service: a login to Keystone."""
    if not endpoint or failure.request is None:
        return False
    return not str(failure.request.url).startswith(endpoint.rstrip("/"))


def _is_unconnected(failure: requests.RequestException) -> bool:
    if isinstance(failure, requests.ConnectTimeout):
        return True
    cause = failure.args[0] if failure.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
