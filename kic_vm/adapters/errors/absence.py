# SPDX-License-Identifier: Apache-2.0
"""Answers of 404: those of a service about a resource, and those of anything else.

A proxy in front of a service that is down, or a wrong address in the catalog, answers 404 to every
request. That says nothing about a resource.
"""

import re
from typing import Final

import orjson
import requests

# The key of the message in the services' own answers.
_FAULTS: Final = {
    "block-storage": "itemNotFound",
    "compute": "itemNotFound",
    "identity": "error",
    "network": "NeutronError",
}
# Glance answers with a page of WebOb, of which the last line names what is missing. The page for a
# path that Glance does not have says that "the resource" is missing.
_PAGE: Final = re.compile(r"<h1>404 Not Found</h1>(?!\s*The resource )\s*([^<]*\S)\s*<br /><br />")


def message_of_absence(service: str, response: requests.Response) -> str | None:
    """The message of a 404 about a resource; None if the 404 is not the service's own."""
    if service not in _FAULTS:
        page = _PAGE.search(response.content.decode("utf-8", "replace"))
        return page.group(1) if page else None
    try:
        message = orjson.loads(response.content)[_FAULTS[service]]["message"]
    except (orjson.JSONDecodeError, LookupError, TypeError):
        return None
    return message if isinstance(message, str) else None
