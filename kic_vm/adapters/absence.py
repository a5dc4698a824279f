# SPDX-License-Identifier: Apache-2.0
"""Proof that a service has no resource with an id or a name.

A 404 alone is none: a proxy, or a wrong address in the catalog, answers 404 to every request.
"""

from typing import Any, Final

import orjson
import requests

from kic_vm.adapters import errors
from kic_vm.adapters.service import Answer, Service

# The key of the message in the service's own answers of 404.
_FAULTS: Final = {
    "block-storage": "itemNotFound",
    "compute": "itemNotFound",
    "identity": "error",
    "network": "NeutronError",
}


def find(
    service: Service, path: str, kind: str, identifier: str, microversion: str | None = None
) -> Any | None:
    """A resource; None if the service says that it has none with this identifier.

    :param path: the resource's path
    :param kind: the key of the resource in the answer
    :param identifier: the id or name that the message of a 404 must contain
    :raises UpstreamError: the answer, or a 404, is not the service's own about this resource
    """
    response = service.request("GET", path, microversion=microversion, returned=404)
    answer = read_unless_absent(service.service, response, identifier)
    return None if answer is None else answer[kind]


def read_unless_absent(service: str, response: requests.Response, identifier: str) -> Answer | None:
    """The JSON object in an answer about one resource; None if the service says it has none.

    :param response: the answer to a request with ``returned=404``
    :raises UpstreamError: the answer, or a 404, is not the service's own about this resource
    """
    try:
        body = orjson.loads(response.content)
        if response.status_code != 404:
            return Answer(service, dict(body))
        is_absent = identifier in body[_FAULTS[service]]["message"]
    except (orjson.JSONDecodeError, LookupError, TypeError, ValueError) as error:
        raise errors.not_understood(service) from error
    if not is_absent:
        raise errors.not_understood(service)
    return None
