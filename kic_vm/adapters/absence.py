# SPDX-License-Identifier: Apache-2.0
"""Proof that a service has no resource with an id.

A 404 alone is none: a proxy, or a wrong address in the catalog, answers 404 to every request.
"""

from typing import Final

import orjson
import requests

from kic_vm.adapters import errors
from kic_vm.adapters.service import Answer

# The object in the services' own answers of 404: of Nova and Cinder, and of Neutron.
_FAULTS: Final = ("itemNotFound", "NeutronError")


def read_unless_absent(
    service: str, response: requests.Response, resource_id: str
) -> Answer | None:
    """The JSON object in an answer about one resource; None if the service says it has none.

    :param response: the answer to a request with ``returned=404``
    :raises UpstreamError: the answer, or a 404, is not the service's own about this resource
    """
    try:
        body = orjson.loads(response.content)
        if response.status_code != 404:
            return Answer(service, dict(body))
        message = next(body[fault]["message"] for fault in _FAULTS if fault in body)
        is_absent = resource_id in message
    except (orjson.JSONDecodeError, LookupError, TypeError, ValueError, StopIteration) as error:
        raise errors.not_understood(service) from error
    if not is_absent:
        raise errors.not_understood(service)
    return None
