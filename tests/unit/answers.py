# SPDX-License-Identifier: Apache-2.0
"""What the faked services have answered, to be answered again with changes."""

from typing import Any, NamedTuple

import requests

from tests.unit.cloud import URLS, Cloud, Request

JSON = dict[str, Any]


class Answered(NamedTuple):
    """A request to a service and the JSON object that it answered."""

    service: str
    method: str
    path: str
    status: int
    body: JSON

    def answer_with(self, cloud: Cloud, body: Any) -> None:
        """Have the service answer the same request with something else."""
        cloud.answer(self.method, self.service, self.path, body, self.status)


def answers(cloud: Cloud) -> list[Answered]:
    """Every JSON object that was answered, once for each request, without tokens."""
    found = {}
    for service, url in URLS.items():
        for request in cloud.sent(service):
            path = request.url.removeprefix(url)
            response = _again(request)
            if response.content.startswith(b"{"):
                found[request.method, service, path] = Answered(
                    service, request.method, path, response.status_code, response.json()
                )
    return list(found.values())


def _again(request: Request) -> requests.Response:
    """The answer to the same request, asked for once more."""
    return requests.request(
        request.method, request.url, data=request.body, headers=dict(request.headers), timeout=5
    )
