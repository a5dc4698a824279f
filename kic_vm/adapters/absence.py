# SPDX-License-Identifier: Apache-2.0
"""Proof that a service has no resource with an id or a name.

A 404 alone is none; see ``errors.absence``. Its message must name the resource.
"""

from typing import Any, Final

import orjson
import requests

from kic_vm.adapters import errors
from kic_vm.adapters.service import Answer, Service

_NOT_FOUND: Final = 404


def find(
    service: Service, path: str, kind: str, identifier: str, microversion: str | None = None
) -> Any | None:
    """A resource; None if the service says that it has none with this identifier.

    :param path: the resource's path
    :param kind: the key of the resource in the answer
    :param identifier: the id or name that the message of a 404 must contain
    :raises UpstreamError: the answer, or a 404, is not the service's own about this resource
    """
    response = service.request("GET", path, microversion=microversion, returned=_NOT_FOUND)
    answer = read_unless_absent(service.service, response, identifier)
    return None if answer is None else answer[kind]


def read_unless_absent(service: str, response: requests.Response, identifier: str) -> Answer | None:
    """The JSON object in an answer about one resource; None if the service says it has none.

    :param response: the answer to a request with ``returned=404``
    :raises UpstreamError: the answer, or a 404, is not the service's own about this resource
    """
    if response.status_code == _NOT_FOUND:
        if identifier not in (errors.message_of_absence(service, response) or ""):
            raise errors.not_understood(service)
        return None
    try:
        return Answer(service, dict(orjson.loads(response.content)))
    except (orjson.JSONDecodeError, TypeError, ValueError) as error:
        raise errors.not_understood(service) from error
