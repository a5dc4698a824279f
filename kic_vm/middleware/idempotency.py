"""``Idempotency-Key``: the same request sent again gets the first answer, and does nothing.

As the IETF's draft on the header describes it. A key counts for one user in one project. Only an
answer of success is kept: a request that is refused or fails leaves nothing behind, so a retry of
it is a first try.

What is kept stands in Redis under a digest of the key, sealed: reading Redis tells neither keys
nor answers.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Any, Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import webob
from oslo_config import cfg
from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.cache import SharedStore, StoreUnavailable
from kic_vm.context import ENVIRON_KEY, IdempotentRequest, RequestContext
from kic_vm.middleware import routes

LOG = logging.getLogger(__name__)

HEADER: Final = "Idempotency-Key"
_ENVIRON_KEY: Final = "HTTP_IDEMPOTENCY_KEY"
REPLAYED: Final = "Idempotency-Replayed"
_MAXIMUM: Final = 255
_RUNNING: Final = b"running"
_ANSWERED: Final = b"answered"
_WITHHELD: Final = b"withheld"


class Idempotency:
    """Let each request with a key run once."""

    def __init__(
        self, application: WSGIApplication, store: SharedStore | None, conf: cfg.ConfigOpts
    ) -> None:
        self._application = application
        self._store = store
        self._conf = conf

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """See PEP 3333."""
        given = environ.get(_ENVIRON_KEY)
        is_public = environ[routes.ENVIRON_KEY].is_public
        if given is None or environ["REQUEST_METHOD"] != "POST" or is_public:
            return self._application(environ, start_response)
        request = webob.Request(environ)
        if self._store is None:
            raise exceptions.IdempotencyNotOffered
        context: RequestContext = environ[ENVIRON_KEY]
        asked = _Asked(request, context, _read_key(given))
        context.idempotent_request = IdempotentRequest(asked.identity, asked.fingerprint)
        try:
            response = self._answer(self._store, request, asked)
        except StoreUnavailable as error:
            raise exceptions.IdempotencyUnavailable from error
        answer: Iterable[bytes] = response(environ, start_response)
        return answer

    def _answer(
        self, store: SharedStore, request: webob.Request, asked: "_Asked"
    ) -> webob.Response:
        options = self._conf.idempotency
        mark = _record(_RUNNING, asked)
        while not store.add(asked.key, mark, options.running_time):
            found = store.get(asked.key)
            if found is not None:  # else it has ended meanwhile, without an answer to keep
                return _replay(found, asked)
        try:
            response = request.get_response(self._application)
        except Exception:
            _try(store.delete, asked.key)
            raise
        if response.status_int >= 300:
            _try(store.delete, asked.key)
        else:
            kept = _record(*_kept(response, asked))
            _try(store.set, asked.key, kept, options.retention)
        return response


class _Asked:
    """A request with its key, as digests."""

    def __init__(self, request: webob.Request, context: RequestContext, key: str) -> None:
        who = "\0".join((str(context.project_id), str(context.user_id), key))
        self.identity = _digest("key", who.encode())
        self.key = f"idempotency:{self.identity}"
        self.fingerprint = _digest(
            "request",
            f"{request.method} {request.path_qs}\0".encode() + _canonical(request.body),
        )


def _digest(purpose: str, data: bytes) -> str:
    return hashlib.sha256(b"kic-vm " + purpose.encode() + b"\0" + data).hexdigest()


def _canonical(body: bytes) -> bytes:
    """The same bytes for what is the same in JSON."""
    try:
        return json.dumps(json.loads(body), sort_keys=True).encode()
    except (ValueError, RecursionError):  # the view will say what is wrong with it
        return body


def _read_key(given: str) -> str:
    """The key; the draft has it in quotes, most clients send it without.

    :raises InvalidRequest: it is empty, too long, or not ASCII that can be seen
    """
    key = given[1:-1] if len(given) > 1 and given[0] == given[-1] == '"' else given
    if not 0 < len(key) <= _MAXIMUM or not all("!" <= character <= "~" for character in key):
        raise exceptions.InvalidRequest(
            f"{HEADER}: 1 to {_MAXIMUM} visible ASCII characters are needed, such as a UUID."
        )
    return key


def _record(kind: bytes, asked: _Asked, content: bytes = b"") -> bytes:
    return b" ".join((kind, asked.fingerprint.encode(), content))


def _kept(response: webob.Response, asked: _Asked) -> tuple[bytes, _Asked, bytes]:
    if response.cache_control.no_store:
        return _WITHHELD, asked, b""
    answer = {
        "status": response.status_int,
        "type": response.headers.get("Content-Type"),
        "body": response.text if response.body else "",
    }
    return _ANSWERED, asked, json.dumps(answer).encode()


def _replay(record: bytes, asked: _Asked) -> webob.Response:
    """What a retry gets.

    :raises IdempotencyKeyReused: the key came with another request
    :raises IdempotencyInProgress: the first request still runs
    :raises IdempotencyAnswerWithheld: the first answer had a secret that is told once
    """
    kind, fingerprint, content = record.split(b" ", 2)
    if fingerprint.decode() != asked.fingerprint:
        raise exceptions.IdempotencyKeyReused
    if kind == _RUNNING:
        raise exceptions.IdempotencyInProgress
    if kind == _WITHHELD:
        raise exceptions.IdempotencyAnswerWithheld
    answer: dict[str, Any] = json.loads(content)
    response = webob.Response(status=answer["status"], body=answer["body"].encode())
    if answer["type"]:
        response.headers["Content-Type"] = answer["type"]
    response.headers[REPLAYED] = "true"
    return response


def _try(write: Any, *args: Any) -> None:
    """Write what is known now; the request has been done, so a failure is only logged."""
    try:
        write(*args)
    except StoreUnavailable as error:
        LOG.warning("An %s is not noted: %s", HEADER, error)
