"""Whether a request that brought no answer may have reached its service."""

import requests
from keystoneauth1 import exceptions as ksa_exceptions
from urllib3.exceptions import MaxRetryError, NewConnectionError


def may_have_arrived(error: Exception, endpoint: str | None) -> bool:
    """Whether the service may have got the request, and may act on it.

    No where the login, the service catalog or the discovery of the endpoint failed, and where no
    connection was made. Yes in every other case.

    :param error: what keystoneauth or openstacksdk raised
    :param endpoint: the address of the service, where it was known
    """
    # keystoneauth raises its errors of the connection while it handles those of requests.
    failure = error.__context__
    if not isinstance(error, ksa_exceptions.ConnectionError):
        return False
    if not isinstance(failure, requests.RequestException):
        return True
    return not (_is_elsewhere(failure, endpoint) or _is_unconnected(failure))


def _is_elsewhere(failure: requests.RequestException, endpoint: str | None) -> bool:
    """Whether it was a request to another service: a login at Keystone."""
    if not endpoint or failure.request is None:
        return False
    return not str(failure.request.url).startswith(endpoint.rstrip("/"))


def _is_unconnected(failure: requests.RequestException) -> bool:
    if isinstance(failure, requests.ConnectTimeout):
        return True
    cause = failure.args[0] if failure.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
