# SPDX-License-Identifier: Apache-2.0
"""Requests to the gateway, of which the first that goes as wished is noted for each operation."""

import json
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import requests

from doc.api_examples.redaction import Redaction, shortened

JSON = dict[str, Any]
Ids = dict[str, Any]
"""The ids in a path, by their names."""
SECONDS = 120
LIMIT_SECONDS = 240.0
METHODS = frozenset({"get", "put", "post", "delete"})
# Parts of long documents that show what they are like.
EXCERPTS: dict[str, Callable[[JSON], JSON]] = {
    "GET /openapi.json": lambda body: {
        "openapi": body["openapi"],
        "info": body["info"] | {"description": body["info"]["description"][:80] + " ..."},
        "paths": {"/healthcheck": body["paths"]["/healthcheck"]},
    },
}


class RecordingError(Exception):
    """The gateway did not do what the story needs."""


class Recording:
    """A gateway, the tokens of some people, and what was noted.

    :param tokens: the token of each person
    """

    def __init__(self, url: str, tokens: dict[str, str], redaction: Redaction) -> None:
        self._url = url
        self._tokens = tokens
        self._redaction = redaction
        self._session = requests.Session()
        self._session.trust_env = False
        self.headers: Mapping[str, str] = {}
        """Of the last answer to a call."""
        self._notes: dict[str, JSON] = {}
        self._refusals: dict[str, list[JSON]] = {}
        document = self._session.get(f"{url}/openapi.json", timeout=SECONDS).json()
        self._tags: dict[str, str] = {
            f"{method.upper()} {path}": operation["tags"][0]
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
            if method in METHODS
        }

    def call(
        self,
        who: str | None,
        operation: str,
        body: Any = None,
        *,
        expect: int = 200,
        query: JSON | None = None,
        headers: dict[str, str] | None = None,
        **ids: str,
    ) -> Any:
        """What is answered to a request; ``operation`` is method and path as documented.

        :param who: whose token is sent, None for no token
        :param ids: the ids in the path
        :raises RecordingError: the answer has another status than expected
        """
        method, template = operation.split(" ")
        sent = dict(headers or {})
        if who:
            sent["X-Auth-Token"] = self._tokens[who]
        response = self._session.request(
            method,
            self._url + template.format(**ids),
            json=body,
            params=query,
            headers=sent,
            timeout=SECONDS,
        )
        if response.status_code != expect:
            raise RecordingError(f"{operation}: {response.status_code} {response.text}")
        answered = response.json() if response.content else None
        self._note(operation, response, body, answered, who)
        self.headers = response.headers
        return answered

    def refused(self, who: str, operation: str, status: int, body: Any = None, **ids: str) -> None:
        """Send a request that must be refused, and note with which code and sentence.

        :raises RecordingError: it is not refused with this status
        """
        method, template = operation.split(" ")
        response = self._session.request(
            method,
            self._url + template.format(**ids),
            json=body,
            headers={"X-Auth-Token": self._tokens[who]},
            timeout=SECONDS,
        )
        if response.status_code != status:
            raise RecordingError(f"{operation}: {response.status_code} {response.text}")
        error = response.json()["error"]
        self._refusals.setdefault(operation, []).append(
            {"status": status, "code": error["code"], "message": error["message"]}
        )

    def wait(self, who: str, operation: str, holds: Callable[[JSON], bool], **ids: str) -> JSON:
        """The answer to a GET as soon as something holds for it; it is no example.

        :raises RecordingError: it does not hold in time
        """
        end = time.monotonic() + LIMIT_SECONDS
        path = operation.split(" ")[1].format(**ids)
        while True:
            response = self._session.get(
                self._url + path, headers={"X-Auth-Token": self._tokens[who]}, timeout=SECONDS
            )
            body: JSON = response.json()
            if holds(body):
                return body
            if time.monotonic() > end:
                raise RecordingError(f"{path} does not come to what is awaited: {body}")
            time.sleep(0.5)

    def wait_until_gone(self, who: str, operation: str, **ids: str) -> None:
        """Return when a resource answers 404."""
        self.wait(who, operation, _is_not_found, **ids)

    def missing(self, only: Collection[str] | None = None) -> list[str]:
        """The operations that have no example yet, of all or only of these."""
        expected = self._tags if only is None else only
        return [operation for operation in expected if operation not in self._notes]

    def write(self, directory: Path, only: Collection[str] | None = None) -> None:
        """Write one file for each group of operations.

        :param only: the operations whose examples are written; the other examples remain
        """
        directory.mkdir(parents=True, exist_ok=True)
        for tag in dict.fromkeys(self._tags.values()):
            path = directory / f"{tag}.json"
            kept = {} if only is None or not path.exists() else _by_operation(path)
            notes = [
                kept[operation]
                if operation in kept and operation not in (only or ())
                else self._notes[operation] | {"refusals": self._refusals.get(operation, [])}
                for operation, its in self._tags.items()
                if its == tag and (operation in kept or operation in self._notes)
            ]
            path.write_text(json.dumps(notes, indent=2, ensure_ascii=False) + "\n")

    def _note(
        self, operation: str, response: requests.Response, body: Any, answered: Any, who: str | None
    ) -> None:
        if operation in self._notes:
            return
        excerpt = EXCERPTS.get(operation)
        cleaned = self._redaction.clean(excerpt(answered) if excerpt else answered)
        shown, was_cut = shortened(cleaned)
        self._notes[operation] = {
            "operation": operation,
            "by": who,
            "path": response.request.path_url,
            "request": self._redaction.clean(body),
            "status": response.status_code,
            "answer": shown,
            "is_shortened": was_cut or excerpt is not None,
        }


def _by_operation(path: Path) -> dict[str, JSON]:
    return {note["operation"]: note for note in json.loads(path.read_text())}


def _is_not_found(body: JSON) -> bool:
    return bool(body.get("error", {}).get("code") == "not_found")
