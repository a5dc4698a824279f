# SPDX-License-Identifier: Apache-2.0
"""Rows of the table of experiments: what was expected, and what was seen."""

import dataclasses
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import requests

from tests.faults.lane import REQUEST_SECONDS
from tests.functional.client import Client

JSON = dict[str, Any]

LONGEST_SECONDS: Final = REQUEST_SECONDS + 1.0
"""The latest time at which a request may be answered."""
RIGHT: Final = "the right answer"
_GIVE_UP_SECONDS: Final = 110
_FAILING: Final = {502, 503, 504}


@dataclasses.dataclass(frozen=True)
class Row:
    """An experiment.

    :param neighbour: the service that has the fault
    :param fault: its kind
    :param request: what the gateway is asked for meanwhile
    """

    neighbour: str
    fault: str
    request: str
    expected: str
    seen: str
    is_passed: bool


@dataclasses.dataclass(frozen=True)
class Seen:
    """An answer of the gateway, if there is one."""

    status: int | None
    body: Any
    seconds: float
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def is_success(self) -> bool:
        """Whether the gateway says that it has done what it was asked for."""
        return self.status is not None and self.status < 300

    @property
    def error(self) -> JSON:
        """The error in the envelope, empty where there is none."""
        error = self.body.get("error") if isinstance(self.body, dict) else None
        return error if isinstance(error, dict) else {}

    def described(self) -> str:
        """For people."""
        if self.status is None:
            return f"no answer in {self.seconds:.0f} s"
        words = [str(self.status)]
        words += [str(self.error[name]) for name in ("code", "service") if name in self.error]
        return f"{' '.join(words)} in {self.seconds:.1f} s"

    def names(self, service: str) -> bool:
        """Whether it says that this service is the one that fails."""
        return self.status in _FAILING and self.error.get("service") == service


def ask(client: Client, method: str, path: str, body: JSON | None = None, **headers: str) -> Seen:
    """Ask the gateway."""
    started = time.monotonic()
    try:
        response = client.session.request(
            method, client.url + path, json=body, headers=headers, timeout=_GIVE_UP_SECONDS
        )
    except requests.RequestException:
        return Seen(None, None, time.monotonic() - started)
    try:
        content = response.json()
    except requests.exceptions.JSONDecodeError:
        content = None
    seconds = time.monotonic() - started
    return Seen(response.status_code, content, seconds, response.headers)


def has_body(body: Any) -> Callable[[Seen], bool]:
    """The check that an answer is the same as without a fault."""
    return lambda seen: bool(seen.body == body)


def resource_in(body: Any) -> JSON:
    """The resource that an answer shows, empty where it shows none."""
    values = body.values() if isinstance(body, dict) else ()
    return next((value for value in values if isinstance(value, dict)), {})


def shows_what_was_made(seen: Seen) -> bool:
    """The check that an answer shows a resource with an id."""
    return bool(resource_in(seen.body).get("id"))


def has_token(seen: Seen) -> bool:
    """The check that an answer has a token."""
    return seen.status == 201 and "X-Subject-Token" in seen.headers


def judged(
    neighbour: str,
    fault: str,
    request: str,
    seen: Seen,
    is_right: Callable[[Seen], bool],
    service: str | None,
) -> Row:
    """The row of an answer that has to be right, or to say which service fails.

    :param is_right: a check of a successful answer
    :param service: the one that may be named; None where only the right answer will do
    """
    is_good = seen.is_success and is_right(seen)
    described = seen.described()
    if seen.is_success and not is_good:
        described += ", and the answer is not right"
    is_named = service is not None and seen.names(service)
    return Row(
        neighbour,
        fault,
        request,
        f"the right answer, or 502 to 504 that names {service}" if service else RIGHT,
        described,
        (is_good or is_named) and seen.seconds <= LONGEST_SECONDS,
    )
