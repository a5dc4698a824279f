"""``Idempotency-Key``: the same request sent again gets the first answer, and does nothing.

As the IETF's draft on the header describes it. A key counts for one user in one project. An attempt
at a request ends in one of three ways:

* done: the answer is kept and given again;
* refused: nothing is left of it, so a retry is a first attempt;
* unknown: OpenStack did not answer a write, or the process was killed. A retry first looks for what
  the attempt did, by the marks that everything created carries. While a service may still act on
  the lost request, the retry changes nothing.

What is kept is sealed in Redis under a digest of the key: reading Redis tells neither keys nor
answers. An answer with a secret is not kept at all.
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
from kic_vm.attempts import Attempt, Attempts, Kind, Record
from kic_vm.cache import SharedStore, StoreUnavailable
from kic_vm.context import ENVIRON_KEY, RECORD_KEY, REPLAY_KEY, RequestContext, RequestRecord
from kic_vm.idempotent_request import Earlier, IdempotentRequest
from kic_vm.middleware import routes

JSON = dict[str, Any]

HEADER: Final = "Idempotency-Key"
_ENVIRON_KEY: Final = "HTTP_IDEMPOTENCY_KEY"
REPLAYED: Final = "Idempotency-Replayed"
_MAXIMUM: Final = 255


class Idempotency:
    """Let each request with a key be done once."""

    def __init__(
        self, application: WSGIApplication, store: SharedStore | None, conf: cfg.ConfigOpts
    ) -> None:
        self._application = application
        self._attempts = Attempts(store, conf) if store is not None else None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """See PEP 3333."""
        given = environ.get(_ENVIRON_KEY)
        is_public = environ[routes.ENVIRON_KEY].is_public
        if given is None or environ["REQUEST_METHOD"] != "POST" or is_public:
            return self._application(environ, start_response)
        if self._attempts is None:
            raise exceptions.IdempotencyNotOffered
        request = webob.Request(environ)
        asked = IdempotentRequest(*_digests(request, environ[ENVIRON_KEY], _read_key(given)))
        attempt = self._attempts.of(asked.identity, asked.fingerprint)
        try:
            response = self._answer(attempt, asked, request)
        except StoreUnavailable as error:
            raise exceptions.IdempotencyUnavailable from error
        answer: Iterable[bytes] = response(environ, start_response)
        return answer

    def _answer(
        self, attempt: Attempt, asked: IdempotentRequest, request: webob.Request
    ) -> webob.Response:
        record = _checked(attempt.read(), asked)
        if not (record and record.is_done) and attempt.acquire():
            # Another process may have ended its attempt between the two calls.
            record = _read_again(attempt, asked)
            if not (record and record.is_done):
                return self._work(attempt, asked, request, record)
            attempt.release()
        if record and record.kind is Kind.ANSWERED:
            return _replay(record)
        if record and record.kind is Kind.WITHHELD:
            raise exceptions.IdempotencyAnswerWithheld
        seconds = attempt.seconds_to_settle()
        if record is None or seconds is None:
            raise exceptions.IdempotencyInProgress
        asked.earlier, asked.retry_after = Earlier.SETTLING, seconds
        asked.notes = record.content
        return self._look(attempt, asked, request)

    def _work(
        self,
        attempt: Attempt,
        asked: IdempotentRequest,
        request: webob.Request,
        record: Record | None,
    ) -> webob.Response:
        """Do the request, or find that an earlier attempt did it."""
        if record is not None:
            asked.earlier, asked.notes = Earlier.LOST, record.content
        asked.save_notes = functools.partial(_save_notes, attempt)
        attempt.begin(asked.notes)
        try:
            response = self._ask(request, asked)
        except exceptions.KicVmError as error:
            self._end(attempt, asked, request, error.status)
            raise
        except BaseException:
            attempt.leave_open()
            raise
        if response.status_int < 300:
            attempt.finish(*_kept(request, response))
        elif asked.is_told_once:
            attempt.finish(Kind.WITHHELD, {})
        else:
            self._end(attempt, asked, request, response.status_int)
        return response

    def _look(
        self, attempt: Attempt, asked: IdempotentRequest, request: webob.Request
    ) -> webob.Response:
        """The answer about what an earlier attempt did; nothing is written.

        :raises IdempotencyInProgress: it cannot be seen yet whether it did anything
        """
        response = self._ask(request, asked)
        if response.status_int < 300:
            attempt.finish_found(*_kept(request, response))
            return response
        if asked.is_told_once:
            attempt.finish_found(Kind.WITHHELD, {})
            return response
        if response.status_int < 500:
            raise exceptions.IdempotencyInProgress(asked.retry_after)
        return response

    def _ask(self, request: webob.Request, asked: IdempotentRequest) -> webob.Response:
        context: RequestContext = request.environ[ENVIRON_KEY]
        context.idempotent_request = asked
        return request.get_response(self._application)

    @staticmethod
    def _end(
        attempt: Attempt, asked: IdempotentRequest, request: webob.Request, status: int
    ) -> None:
        """End an attempt that was not answered with success."""
        record: RequestRecord = request.environ[RECORD_KEY]
        is_unsearched = asked.earlier is Earlier.LOST and not asked.is_resolved
        if record.has_unknown_write or (status >= 500 and record.has_write):
            attempt.leave_open()
        elif is_unsearched:
            attempt.leave_open(is_settled=True)
        else:
            attempt.forget()


def _save_notes(attempt: Attempt, notes: JSON) -> None:
    """Keep notes before a write, for later attempts.

    :raises IdempotencyUnavailable: the store fails, so the write must not begin
    :raises IdempotencyInProgress: this process was suspended, and another one works on the request
    """
    try:
        is_kept = attempt.note(notes)
    except StoreUnavailable as error:
        raise exceptions.IdempotencyUnavailable from error
    if not is_kept:
        raise exceptions.IdempotencyInProgress


def _read_again(attempt: Attempt, asked: IdempotentRequest) -> Record | None:
    try:
        return _checked(attempt.read(), asked)
    except Exception:
        attempt.release()
        raise


def _checked(record: Record | None, asked: IdempotentRequest) -> Record | None:
    """What is kept of the request.

    :raises IdempotencyKeyReused: it is of another request with the same key
    """
    if record is not None and record.fingerprint != asked.fingerprint:
        raise exceptions.IdempotencyKeyReused
    return record


def _digests(request: webob.Request, context: RequestContext, key: str) -> tuple[str, str]:
    """Those of who asks with which key, and of what is asked for."""
    who = "\0".join((str(context.project_id), str(context.user_id), key))
    where = f"{request.environ[routes.PATH_KEY]}?{request.query_string}"
    what = f"{request.method} {where}\0".encode() + _canonical(request.body)
    return _digest("key", who.encode()), _digest("request", what)


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


def _kept(request: webob.Request, response: webob.Response) -> tuple[Kind, JSON]:
    """What is kept of an answer: all of it but its secrets, or that it had one."""
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
