# SPDX-License-Identifier: Apache-2.0
"""The gateway over plain HTTP. This is the only way in which the story reaches OpenStack."""

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from .errors import DemoError, NoAnswer, Refused

SECONDS = 90
REQUEST_ID = "X-Openstack-Request-Id"


@dataclass(frozen=True)
class Answer:
    """What came back for one request."""

    request: str
    status: int
    headers: http.client.HTTPMessage
    body: Any
    text: str = ""

    def expect(self, *statuses: int) -> "Answer":
        """This answer, if it has one of the statuses; else raise Refused."""
        if self.status in statuses:
            return self
        error = self.body.get("error", {}) if isinstance(self.body, dict) else {}
        raise Refused(
            self.request,
            self.status,
            str(error.get("code", "")),
            str(error.get("message", "")),
            str(error.get("request_id") or self.headers.get(REQUEST_ID) or ""),
        )


class Gateway:
    """Requests to one gateway, with a token once there is one."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise DemoError(f"the gateway's address is not one that the demo can use: {url}")
        self.url = url.rstrip("/")
        self.token = ""
        self._host = parts.hostname
        self._port = parts.port or 80

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        """One request and its answer, whatever its status is."""
        headers = {"Accept": "application/json"}
        if self.token:
            headers["X-Auth-Token"] = self.token
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body).encode()
        # http.client, because it goes straight to the gateway whatever proxy the machine has
        connection = http.client.HTTPConnection(self._host, self._port, timeout=SECONDS)
        try:
            connection.request(method, path, content, headers)
            response = connection.getresponse()
            received = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(f"{method} {self.url}{path} had no answer: {error!r}") from error
        finally:
            connection.close()
        return Answer(
            f"{method} {path}",
            response.status,
            response.headers,
            _parsed(received),
            received.decode(errors="replace"),
        )


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except ValueError:
        return None
