# SPDX-License-Identifier: Apache-2.0
"""``Idempotency-Key``: a retry of the same request gets the first response, and changes nothing.

As the IETF's draft on the header describes it. A key is valid for one user in one project. An
attempt at a request ends in one of three ways:

* done: the response is stored and returned again;
* refused: the attempt left nothing behind, so a retry is a first attempt;
* unknown: OpenStack did not answer a write, or the process was killed. A retry first looks for the
  results of the attempt, by the marks on everything that it created. While a service may still
  process the lost request, the retry changes nothing.

Redis stores the encrypted response under a digest of the key: neither keys nor responses can be
read from it. A response with a secret is not stored at all.
"""

import functools
import hashlib
import json
from collections.abc import Iterable
from typing import Any, Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import webob
from oslo_config import cfg

from kic_vm import exceptions
from kic_vm.attempt_records import Kind, Record
from kic_vm.attempts import Attempt, Attempts
from kic_vm.cache.store import SharedStore, StoreUnavailable
from kic_vm.context import ENVIRON_KEY, RECORD_KEY, REPLAY_KEY, RequestContext, RequestRecord
from kic_vm.idempotent_request import Earlier, IdempotentRequest
from kic_vm.middleware import routes

JSON = dict[str, Any]

HEADER: Final = "Idempotency-Key"
_ENVIRON_KEY: Final = "HTTP_IDEMPOTENCY_KEY"
REPLAYED: Final = "Idempotency-Replayed"
_MAXIMUM: Final = 255


class Idempotency:
    """Process each request with an Idempotency-Key only once."""

    def __init__(
        self, application: WSGIApplication, store: SharedStore | None, conf: cfg.ConfigOpts
    ) -> None:
        self._application = application
        self._attempts = Attempts(store, conf) if store is not None else None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """See PEP 3333."""
        header = environ.get(_ENVIRON_KEY)
        is_public = environ[routes.ENVIRON_KEY].is_public
        if header is None or environ["REQUEST_METHOD"] != "POST" or is_public:
            return self._application(environ, start_response)
        if self._attempts is None:
            raise exceptions.IdempotencyNotOffered
        request = webob.Request(environ)
        idempotent_request = IdempotentRequest(
            *_digests(request, environ[ENVIRON_KEY], _read_key(header))
        )
        attempt = self._attempts.of(idempotent_request.identity, idempotent_request.fingerprint)
        try:
            response = self._answer(attempt, idempotent_request, request)
        except StoreUnavailable as error:
            raise exceptions.IdempotencyUnavailable from error
        answer: Iterable[bytes] = response(environ, start_response)
        return answer

    def _answer(
        self, attempt: Attempt, idempotent_request: IdempotentRequest, request: webob.Request
    ) -> webob.Response:
        record = _checked(attempt.read(), idempotent_request)
        if not (record and record.is_done) and attempt.acquire():
            # Another process may have finished its attempt between the two calls.
            record = _read_again(attempt, idempotent_request)
            if not (record and record.is_done):
                return self._work(attempt, idempotent_request, request, record)
            attempt.release()
        if record and record.kind is Kind.ANSWERED:
            return _replay(record)
        if record and record.kind is Kind.WITHHELD:
            raise exceptions.IdempotencyAnswerWithheld
        seconds = attempt.seconds_to_settle()
        if record is None or seconds is None:
            raise exceptions.IdempotencyInProgress
        idempotent_request.earlier, idempotent_request.retry_after = Earlier.SETTLING, seconds
        idempotent_request.notes = record.content
        return self._find_results(attempt, idempotent_request, request)

    def _work(
        self,
        attempt: Attempt,
        idempotent_request: IdempotentRequest,
        request: webob.Request,
        record: Record | None,
    ) -> webob.Response:
        """Process the request, or find the results of an earlier attempt."""
        if record is not None:
            idempotent_request.earlier, idempotent_request.notes = Earlier.LOST, record.content
        idempotent_request.save_notes = functools.partial(_save_notes, attempt)
        if not attempt.begin(idempotent_request.notes):
            if attempt.is_taken_over():
                raise exceptions.IdempotencyInProgress
            raise exceptions.IdempotencyUnavailable
        idempotent_request.confirm_lease = functools.partial(_confirm_lease, attempt)
        try:
            response = self._call(request, idempotent_request)
            if response.status_int < 300:
                attempt.finish(*_stored(request, response))
            elif idempotent_request.is_answer_withheld:
                attempt.finish(Kind.WITHHELD, {})
            else:
                self._end(attempt, idempotent_request, request, response.status_int)
        except exceptions.KicVmError as error:
            self._end(attempt, idempotent_request, request, error.status)
            raise
        except BaseException:
            attempt.leave_open()
            raise
        return response

    def _find_results(
        self, attempt: Attempt, idempotent_request: IdempotentRequest, request: webob.Request
    ) -> webob.Response:
        """The response with the results of an earlier attempt; nothing is written.

        :raises IdempotencyInProgress: the results of the attempt are not visible yet
        """
        response = self._call(request, idempotent_request)
        if response.status_int < 300:
            attempt.finish_found(*_stored(request, response))
            return response
        if idempotent_request.is_answer_withheld:
            attempt.finish_found(Kind.WITHHELD, {})
            return response
        if response.status_int < 500:
            raise exceptions.IdempotencyInProgress(idempotent_request.retry_after)
        return response

    def _call(
        self, request: webob.Request, idempotent_request: IdempotentRequest
    ) -> webob.Response:
        context: RequestContext = request.environ[ENVIRON_KEY]
        context.idempotent_request = idempotent_request
        return request.get_response(self._application)

    @staticmethod
    def _end(
        attempt: Attempt, idempotent_request: IdempotentRequest, request: webob.Request, status: int
    ) -> None:
        """End an attempt that did not succeed."""
        record: RequestRecord = request.environ[RECORD_KEY]
        if record.is_outcome_unknown(status):
            attempt.leave_open()
        elif idempotent_request.is_outcome_open:
            attempt.leave_open(is_settled=True)
        else:
            attempt.forget()


def _save_notes(attempt: Attempt, notes: JSON) -> None:
    """Store notes before a write, for later attempts.

    :raises IdempotencyUnavailable: the store fails, so the write must not start
    :raises IdempotencyInProgress: this process was suspended, and another one processes the request
    """
    try:
        is_stored = attempt.note(notes)
    except StoreUnavailable as error:
        raise exceptions.IdempotencyUnavailable from error
    if not is_stored:
        raise exceptions.IdempotencyInProgress


def _confirm_lease(attempt: Attempt) -> None:
    """Check before a write that no other process has taken over the request.

    :raises IdempotencyUnavailable: the store has failed for so long that one may have done so
    :raises IdempotencyInProgress: this process was suspended, and another one processes the request
    """
    try:
        is_held = attempt.is_held()
    except StoreUnavailable as error:
        raise exceptions.IdempotencyUnavailable from error
    if not is_held:
        raise exceptions.IdempotencyInProgress


def _read_again(attempt: Attempt, idempotent_request: IdempotentRequest) -> Record | None:
    try:
        return _checked(attempt.read(), idempotent_request)
    except Exception:
        attempt.release()
        raise


def _checked(record: Record | None, idempotent_request: IdempotentRequest) -> Record | None:
    """The stored record, if it belongs to this request.

    :raises IdempotencyKeyReused: it belongs to another request with the same key
    """
    if record is not None and record.fingerprint != idempotent_request.fingerprint:
        raise exceptions.IdempotencyKeyReused
    return record


def _digests(request: webob.Request, context: RequestContext, key: str) -> tuple[str, str]:
    """The identity, a digest of the caller and the key, and the fingerprint of the request."""
    caller = "\0".join((str(context.project_id), str(context.user_id), key))
    target = f"{request.environ[routes.PATH_KEY]}?{request.query_string}"
    content = f"{request.method} {target}\0".encode() + _canonical(request.body)
    return _digest("key", caller.encode()), _digest("request", content)


def _digest(purpose: str, data: bytes) -> str:
    return hashlib.sha256(b"kic-vm " + purpose.encode() + b"\0" + data).hexdigest()


def _canonical(body: bytes) -> bytes:
    """The same bytes for all bodies that are equal as JSON."""
    try:
        return json.dumps(json.loads(body), sort_keys=True).encode()
    except (ValueError, RecursionError):  # the view reports the error
        return body


def _read_key(header: str) -> str:
    """The key from the header. The draft puts it in quotes, most clients send it without.

    :raises InvalidRequest: it is empty, too long, or not visible ASCII
    """
    is_quoted = len(header) > 1 and header[0] == header[-1] == '"'
    key = header[1:-1] if is_quoted else header
    if not 0 < len(key) <= _MAXIMUM or not all("!" <= character <= "~" for character in key):
        raise exceptions.InvalidField(
            HEADER, f"send 1 to {_MAXIMUM} visible ASCII characters, for example a UUID."
        )
    return key


def _stored(request: webob.Request, response: webob.Response) -> tuple[Kind, JSON]:
    """The part of a response to store: the response without secrets, or only that it had one."""
    body: bytes | None = response.body
    if response.cache_control.no_store:
        body = request.environ.get(REPLAY_KEY)
    if body is None:
        return Kind.WITHHELD, {}
    return Kind.ANSWERED, {
        "status": response.status_int,
        "type": response.headers.get("Content-Type"),
        "body": body.decode(),
    }


def _replay(record: Record) -> webob.Response:
    answer = record.content
    response = webob.Response(status=answer["status"], body=answer["body"].encode())
    if answer["type"]:
        response.headers["Content-Type"] = answer["type"]
    response.headers[REPLAYED] = "true"
    return response
