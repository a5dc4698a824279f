# SPDX-License-Identifier: Apache-2.0
"""The GETs behind a list: if their answers are the same again, the list has not changed."""

import dataclasses
import hashlib
from collections.abc import Collection, Mapping
from typing import Any

import requests

JSON = dict[str, Any]


def digest(answer: requests.Response) -> str:
    """The SHA-256 of an answer's body."""
    return hashlib.sha256(answer.content).hexdigest()


@dataclasses.dataclass(frozen=True, slots=True)
class Read:
    """One GET with the caller's token."""

    service: str
    """The service's type in the service catalog."""
    path: str
    microversion: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class Reads:
    """All GETs on which a list depends."""

    digests: Mapping[Read, str]
    """SHA-256 of each answer's body."""
    checked_servers: Collection[str] | None
    """The list also requires that the project has no other servers than these; None: it does not.

    See ``Servers.lacks_servers``.
    """

    def to_json(self) -> JSON:
        """The reads in their stored form."""
        rows = [
            [read.service, read.path, read.microversion, digested]
            for read, digested in self.digests.items()
        ]
        return {"reads": rows, "checked_servers": self.checked_servers}

    @classmethod
    def from_json(cls, stored: JSON) -> "Reads":
        """The reads from their stored form."""
        digests = {Read(*row[:3]): row[3] for row in stored["reads"]}
        return cls(digests, stored["checked_servers"])


class ReadLog:
    """The GETs of one fetch, noted by the adapters.

    :param answers: answers that have just arrived, which these GETs get instead of new ones
    """

    def __init__(self, answers: Mapping[Read, requests.Response] | None = None) -> None:
        self._answers = dict(answers or {})
        self._digests: dict[Read, str] = {}
        self._checked_servers: list[str] | None = None
        self._is_complete = True

    def take(self, read: Read) -> requests.Response | None:
        """The answer that has just arrived, for the first GET; a second GET must be sent."""
        return self._answers.pop(read, None)

    def note(self, read: Read, answer: requests.Response) -> None:
        """Note a GET and its answer."""
        digested = digest(answer)
        self._is_complete &= self._digests.setdefault(read, digested) == digested

    def note_checked_servers(self, server_ids: Collection[str]) -> None:
        """Note that the list requires that the project has no other servers than these."""
        self._checked_servers = list(server_ids)

    def note_more(self) -> None:
        """Note that the list depends on more than GETs with the caller's token."""
        self._is_complete = False

    def reads(self) -> Reads | None:
        """What was noted; None if the list depends on more."""
        return Reads(self._digests, self._checked_servers) if self._is_complete else None
