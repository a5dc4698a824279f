# SPDX-License-Identifier: Apache-2.0
"""OpenStack on the wire: Keystone for everybody, and the answers that a test wants."""

import itertools
import re
from collections.abc import Callable
from typing import Any, Final

import requests
import requests_mock
from requests_mock.request import _RequestObjectProxy

from tests.unit import personas
from tests.unit.bodies import body, error

JSON = dict[str, Any]
Request = _RequestObjectProxy

URLS: Final = {
    "keystone": "http://keystone.test/v3",
    "nova": "http://nova.test/v2.1",
    "cinder": "http://cinder.test/v3",
    "glance": "http://glance.test/v2",
    "neutron": "http://neutron.test/v2.0",
}
MICROVERSION: Final = "OpenStack-API-Version"


class Cloud:
    """A cloud of which each answer is known; what nobody has told it to answer is unreachable."""

    def __init__(self, mocker: requests_mock.Mocker) -> None:
        self._mocker = mocker
        self.bring_up_keystone()

    def bring_up_keystone(self) -> None:
        """Have Keystone and the services' lists of versions answer as they should."""
        for url, answer in body("discovery").items():
            self.serve(url, answer["body"], answer["status"])
        self.answer("GET", "keystone", "/auth/tokens", json=validate_token)
        self.answer("POST", "keystone", "/auth/tokens", json=_issue)

    def serve(self, url: str, json: JSON, status: int = 200) -> None:
        """Have a document at an address."""
        self._mocker.get(url, json=json, status_code=status)

    def answer(
        self,
        method: str,
        service: str,
        path: str,
        json: JSON | Callable[..., JSON] | None = None,
        status: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Have a service answer a request; the last word about it counts.

        :param path: below the service's address; a query in it must be in the request
        :param kwargs: as requests-mock takes them: ``text``, ``exc``, ``headers``, ...
        """
        if status is not None:
            kwargs["status_code"] = status
        if json is not None:
            kwargs["json"] = json
        self._mocker.request(method, URLS[service] + path, **kwargs)

    def answer_matching(self, is_matching: Callable[[Request], bool], **kwargs: Any) -> None:
        """Have each request that matches be answered in the same way.

        :param kwargs: as requests-mock takes them
        """
        self._mocker.request(
            requests_mock.ANY, requests_mock.ANY, additional_matcher=is_matching, **kwargs
        )

    def answer_in_turn(self, method: str, service: str, path: str, answers: list[JSON]) -> None:
        """Have a service answer a request in these ways one after the other, as requests-mock."""
        self._mocker.request(method, URLS[service] + path, answers)

    def answer_pattern(
        self, method: str, pattern: re.Pattern[str], json: Callable[..., JSON]
    ) -> None:
        """Have every address that a pattern matches answer."""
        self._mocker.request(method, pattern, json=json)

    def answer_below(
        self, method: str, service: str, path: str, status: int, headers: JSON | None = None
    ) -> None:
        """Have a service answer every request below a path with a bare status."""
        self._mocker.request(
            method,
            requests_mock.ANY,
            additional_matcher=lambda request: request.url.startswith(URLS[service] + path),
            request_headers=headers or {},
            status_code=status,
        )

    def refuse(self, method: str, service: str, path: str, name: str) -> None:
        """Have a service answer with a recorded error."""
        self.answer(method, service, path, **error(name))

    def fail(self, method: str, service: str, path: str, exception: type[Exception]) -> None:
        """Have a request to a service fail on its way."""
        self.answer(method, service, path, exc=exception)

    def lose_writes(self, exception: type[Exception]) -> None:
        """Have the answers to all writes be lost; tokens are issued as before."""
        self.answer_writes(exc=exception)

    def answer_writes(self, **kwargs: Any) -> None:
        """Have all writes be answered in the same way; tokens are issued as before.

        :param kwargs: as requests-mock takes them: ``status_code``, ``text``, ``headers``, ...
        """
        self._mocker.request(
            requests_mock.ANY,
            requests_mock.ANY,
            additional_matcher=lambda request: (
                request.method != "GET" and not request.url.endswith("/auth/tokens")
            ),
            **kwargs,
        )

    def answer_reads(self, **kwargs: Any) -> None:
        """Have all reads be answered in the same way; tokens and versions are read as before.

        :param kwargs: as requests-mock takes them: ``status_code``, ``text``, ``headers``, ...
        """
        self._mocker.request(
            "GET",
            requests_mock.ANY,
            additional_matcher=lambda request: (
                "/auth/tokens" not in request.url
                and any(request.url.rstrip("/").startswith(f"{url}/") for url in URLS.values())
            ),
            **kwargs,
        )

    def lose_write(self, number: int, exception: type[Exception]) -> None:
        """Have the answer to one write be lost, the first being number 1; tokens do not count."""
        self.answer_write(number, exc=exception)

    def answer_write(self, number: int, **kwargs: Any) -> None:
        """Have one write be answered in another way, the first being number 1.

        :param kwargs: as requests-mock takes them
        """
        writes = itertools.count(1)
        self._mocker.request(
            requests_mock.ANY,
            requests_mock.ANY,
            additional_matcher=lambda request: (
                request.method != "GET"
                and not request.url.endswith("/auth/tokens")
                and next(writes) == number
            ),
            **kwargs,
        )

    def take_down(self, service: str) -> None:
        """Let nothing listen any more at the address of a service."""
        address = URLS[service].rpartition("/")[0]
        self._mocker.request(
            requests_mock.ANY,
            requests_mock.ANY,
            additional_matcher=lambda request: request.url.startswith(address),
            exc=requests.exceptions.ConnectionError,
        )

    def sent(self, service: str, method: str | None = None) -> list[Request]:
        """What a service has been sent, in order, without discovery and tokens."""
        return [
            request
            for request in self._mocker.request_history
            if request.url.startswith(URLS[service] + "/")
            and request.path.rstrip("/") not in {"/v2.1", "/v3", "/v3/auth/tokens"}
            and method in {None, request.method}
        ]

    def tokens_sent(self, method: str) -> list[Request]:
        """What Keystone has been asked about tokens."""
        return [
            request
            for request in self._mocker.request_history
            if request.url.startswith("http://keystone.test") and request.method == method
        ]

    def requests(self) -> list[Request]:
        """Everything that anybody has been sent, in order."""
        return list(self._mocker.request_history)

    def calls(self) -> list[str]:
        """Every call to a service as ``METHOD service /path``, sorted: some run side by side."""
        return sorted(
            f"{request.method} {service} {request.url.removeprefix(URLS[service])}"
            for service in URLS
            for request in self.sent(service)
        )

    def writes(self) -> list[str]:
        """The calls that are no reads."""
        return [call for call in self.calls() if not call.startswith("GET ")]

    def forget(self) -> None:
        """Begin the record of what was sent anew."""
        self._mocker.reset_mock()


def validate_token(request: Request, context: Any) -> JSON:
    """Keystone's answer about a persona's token, with the roles that the token was issued with."""
    persona = personas.persona_of(request.headers["X-Subject-Token"])
    if persona == personas.GATEWAY:
        return body("token")
    found = personas.TOKENS.get(persona)
    if found is None:
        recorded = error("keystone_404_token")
        context.status_code = recorded["status"]
        answer: JSON = recorded["json"]
        return answer
    return found


def _issue(request: Request, context: Any) -> JSON:
    context.status_code = 201
    context.headers["X-Subject-Token"] = personas.token_of(personas.GATEWAY)
    return body("token")
