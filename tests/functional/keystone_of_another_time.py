# SPDX-License-Identifier: Apache-2.0
"""Keystone as it looks where the clocks do not agree: its own answers, issued at another time."""

import datetime
import http.server
import json
from collections.abc import Iterator
from contextlib import contextmanager

import requests

from tests.functional.serving import serving


@contextmanager
def keystone_of_another_time(url: str, ahead: datetime.timedelta) -> Iterator[str]:
    """The address of a proxy to the Keystone at ``url``, whose tokens say another time."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def _pass_on(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            headers = {
                name: value
                for name, value in self.headers.items()
                if name.lower() not in {"host", "content-length", "accept-encoding", "connection"}
            }
            base = url.removesuffix("/v3")
            answer = requests.request(
                self.command,
                base + self.path,
                headers=headers,
                data=self.rfile.read(length),
                timeout=30,
            )
            body = answer.json()
            if "issued_at" in body.get("token", {}):
                issued = datetime.datetime.fromisoformat(body["token"]["issued_at"])
                body["token"]["issued_at"] = (issued + ahead).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            # Clients follow the addresses in Keystone's list of versions, so they lead here.
            content = json.dumps(body).replace(base, self._own_address()).encode()
            self.send_response(answer.status_code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            if "X-Subject-Token" in answer.headers:
                self.send_header("X-Subject-Token", answer.headers["X-Subject-Token"])
            self.end_headers()
            self.wfile.write(content)

        def _own_address(self) -> str:
            return f"http://{self.headers['Host']}"

        do_GET = do_POST = _pass_on  # noqa: N815 - the names that http.server calls

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with serving(Handler) as address:
        yield f"{address}/v3"
