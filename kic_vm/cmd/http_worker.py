"""gunicorn's worker, which says what is wrong with HTTP itself in the one error envelope too."""

import http
import json
import logging
import socket
from typing import Any, Final

from gunicorn import util
from gunicorn.http import errors as http_errors
from gunicorn.workers.gthread import ThreadWorker
from oslo_context import context as oslo_context

from kic_vm import exceptions
from kic_vm.api.errors import envelope
from kic_vm.middleware.request_id import HEADER

LOG = logging.getLogger(__name__)

_ERRORS: Final[dict[type[Exception], type[exceptions.KicVmError]]] = {
    http_errors.LimitRequestLine: exceptions.AddressTooLong,
    http_errors.LimitRequestHeaders: exceptions.HeadersTooLarge,
}


class HttpWorker(ThreadWorker):
    """Serves with threads."""

    def init_process(self) -> None:
        """Serve until told to stop.

        gunicorn looks its settings up, in three steps each, some thirty times a request; here they
        become plain attributes.
        """
        found = {name: setting.get() for name, setting in self.cfg.settings.items()}
        self.cfg.__dict__.update(found)
        super().init_process()

    def notify(self) -> None:
        """Tell nobody that this process is alive: with no limit of time the arbiter never looks."""

    def handle_error(self, _req: Any, client: socket.socket, _addr: Any, exc: Exception) -> None:
        """Answer what never got to the application. The log does not repeat what was sent."""
        if isinstance(exc, http_errors.ParseException):
            wrong = _ERRORS.get(type(exc), exceptions.MalformedRequest)()
            LOG.info("A request was refused: %s", type(exc).__name__)
        else:
            wrong = exceptions.InternalError()
            LOG.error("Unforeseen error", exc_info=exc)
        try:
            util.write_nonblock(client, _answer(wrong))
        except OSError:
            LOG.debug("Who sent it is gone")


def _answer(error: exceptions.KicVmError) -> bytes:
    request_id = oslo_context.generate_request_id()
    body = json.dumps(envelope(error, request_id)).encode()
    head = (
        f"HTTP/1.1 {error.status} {http.HTTPStatus(error.status).phrase}\r\n"
        "Connection: close\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n{HEADER}: {request_id}\r\n\r\n"
    )
    return head.encode() + body
