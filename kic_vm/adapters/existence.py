# SPDX-License-Identifier: Apache-2.0
"""Proof that a resource does not exist: only the 404 with which its service names it."""

from typing import Any

import orjson

from kic_vm.adapters import errors
from kic_vm.adapters.service import Service


def find(
    service: Service,
    path: str,
    kind: str,
    identifier: str,
    *,
    fault: str,
    microversion: str | None = None,
) -> Any | None:
    """A resource; None if the service has none with this identifier.

    :param path: the resource's path
    :param kind: the key of the resource in the service's answer
    :param identifier: the id or name that the message of a 404 must contain
    :param fault: the key of the message in the answer with the status 404
    :raises KicVmError: the service fails, or a 404 is not the service's own answer about this
        resource
    """
    response = service.request("GET", path, microversion=microversion, returned=404)
    try:
        answer = orjson.loads(response.content)
        if response.status_code != 404:
            return answer[kind]
        # A 404 from a proxy, or from a wrong address in the catalog, lacks the identifier.
        is_about_resource = identifier in answer[fault]["message"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise errors.not_understood(service.service) from error
    if not is_about_resource:
        raise errors.not_understood(service.service)
    return None
