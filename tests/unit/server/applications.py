# SPDX-License-Identifier: Apache-2.0
"""Applications for tests of the server, and its count of failed clients."""

import threading
from wsgiref.types import StartResponse, WSGIEnvironment

from tests.unit.metrics.samples import sample
from tests.unit.server.clients import echo
from tests.unit.server.phases import LARGE


def large(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    """An application whose answer no client gets without reading; ``/small`` is smaller."""
    start_response("200 OK", [])
    return [b"z" * (10 if environ["PATH_INFO"] == "/small" else LARGE)]


class Held:
    """An application that answers when it is allowed to."""

    def __init__(self) -> None:
        self.is_begun = threading.Event()
        self.may_answer = threading.Event()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        self.is_begun.set()
        self.may_answer.wait(20)
        return echo(environ, start_response)


def failures(reason: str) -> float:
    return sample("kic_vm_client_failures_total", reason=reason)
