# SPDX-License-Identifier: Apache-2.0
"""The stored records of requests with an Idempotency-Key; ``attempts`` says what they mean."""

import dataclasses
import enum
import json
from typing import Any

JSON = dict[str, Any]


class Kind(enum.StrEnum):
    """How the last attempt ended."""

    RUNNING = enum.auto()
    UNKNOWN = enum.auto()
    ANSWERED = enum.auto()
    WITHHELD = enum.auto()
    REFUSED = enum.auto()


@dataclasses.dataclass(frozen=True, slots=True)
class Record:
    """The stored record of a request."""

    kind: Kind
    fingerprint: str
    content: JSON
    """The response, or the notes of an attempt without a response."""
    owner: str = ""
    """The token of the lease under which the record was written."""

    @property
    def is_done(self) -> bool:
        """Whether the request was done and needs no further attempt."""
        return self.kind in {Kind.ANSWERED, Kind.WITHHELD}

    def to_bytes(self) -> bytes:
        """The record in its stored form."""
        return json.dumps([self.kind, self.fingerprint, self.content, self.owner]).encode()

    @classmethod
    def from_bytes(cls, stored: bytes) -> "Record":
        """The record from its stored form."""
        kind, fingerprint, content, owner = json.loads(stored)
        return cls(Kind(kind), fingerprint, content, owner)
