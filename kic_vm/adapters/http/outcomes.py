# SPDX-License-Identifier: Apache-2.0
"""Whether a request without an answer may have reached its service."""

from typing import Final

import requests
from keystoneauth1 import exceptions as ksa_exceptions
from urllib3.exceptions import MaxRetryError, NewConnectionError

_LOGIN: Final = "/auth/tokens"


def may_have_arrived(error: Exception) -> bool:
    """Whether the service may have received a write, and may act on it.

    False if the login, the service catalog or the endpoint discovery failed, or if no connection
    was made. True in all other cases.

    :param error: what keystoneauth or openstacksdk raised
    """
    # keystoneauth raises its connection errors while it handles those of requests.
    failure = error.__context__
    if not isinstance(error, ksa_exceptions.ConnectionError):
        return False
    if not isinstance(failure, requests.RequestException):
        return True
    return not (_is_preparation(failure) or _is_unconnected(failure))


def _is_preparation(failure: requests.RequestException) -> bool:
    """Whether the request was a login to Keystone or a discovery, which precede the write.

    Addresses are not compared: requests spells them in another way than the catalog.
    """
    request = failure.request
    if request is None:
        return False
    return request.method == "GET" or str(request.url).partition("?")[0].endswith(_LOGIN)


def _is_unconnected(failure: requests.RequestException) -> bool:
    if isinstance(failure, requests.ConnectTimeout):
        return True
    cause = failure.args[0] if failure.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
