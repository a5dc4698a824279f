"""Rows of the table of experiments: what was expected, and what was seen."""

import dataclasses
import time
from typing import Any, Final

import requests

from tests.functional.client import Client

JSON = dict[str, Any]

LONGEST_SECONDS: Final = 90.0
"""The latest time at which a request may be answered."""
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
    status, content = None, None
    try:
        response = client.session.request(
            method, client.url + path, json=body, headers=headers, timeout=_GIVE_UP_SECONDS
        )
        status = response.status_code
        content = response.json()
    except requests.exceptions.JSONDecodeError:
        pass
    except requests.RequestException:
        status = None
    return Seen(status, content, time.monotonic() - started)


def judged(neighbour: str, fault: str, request: str, seen: Seen, right: Any, service: str) -> Row:
    """The row of an answer that has to be right, or to say which service fails.

    :param right: the body without a fault; None where any success is right
    """
    is_success = seen.status is not None and seen.status < 300
    is_right = is_success and (right is None or seen.body == right)
    described = seen.described()
    if is_success and not is_right:
        described += ", another body than without the fault"
    return Row(
        neighbour,
        fault,
        request,
        f"the right answer, or 502 to 504 that names {service}",
        described,
        (is_right or seen.names(service)) and seen.seconds <= LONGEST_SECONDS,
    )
