# SPDX-License-Identifier: Apache-2.0
"""Events."""

from typing import Any, Final

import flask
import orjson
from marshmallow import ValidationError

from kic_vm import exceptions
from kic_vm.api.blueprint import Blueprint, answer, services
from kic_vm.api.openapi import HEADERS, header_parameter
from kic_vm.events.held_answers import ANSWER_KEY, SERVER_KEY
from kic_vm.events.model import Cursor
from kic_vm.events.reader import Entry
from kic_vm.operations import events as operations
from kic_vm.schemas import events as schemas
from kic_vm.schemas.field_errors import code_of

blueprint = Blueprint("events", __name__, url_prefix="/api/v1/events")

_STREAM: Final = "text/event-stream"
_JSON: Final = "application/json"
# After this time, the client connects again, and its token is validated again.
_STREAM_SECONDS: Final = 300.0
_RETRY: Final = b"retry: 1000\n\n"

_LAST_EVENT_ID: Final = header_parameter(
    "Last-Event-ID",
    "For a stream, the cursor of the last event that was received. It replaces `after`.",
)


@blueprint.get("")
@blueprint.doc(**{HEADERS: [_LAST_EVENT_ID]})
@blueprint.arguments(schemas.EventQuerySchema, location="query")
@blueprint.response(200, schemas.EventsSchema)
def list_events(query: dict[str, Any]) -> flask.Response:
    """List the state changes of instances and volumes, oldest first.

    With `Accept: text/event-stream`, the response is a stream of server-sent events.
    """
    is_wanted = operations.EventFilter(
        query["instance_id"] and str(query["instance_id"]), query["type"]
    )
    accepted = flask.request.accept_mimetypes.best_match([_JSON, _STREAM], default=_JSON)
    if accepted == _STREAM:
        return _stream(query, is_wanted)
    if query["wait"] and _can_hold():
        result = operations.wait_for_events(
            services(), query["after"], is_wanted, seconds=query["wait"], render=_json
        )
    else:
        result = operations.list_events(services(), query["after"], is_wanted)
    if result.waiting is not None:
        flask.request.environ[ANSWER_KEY] = result.waiting
        return flask.Response(content_type=_JSON)
    response = answer(200, _body(result.entries, result.cursor, result.followed_at))
    if query["wait"] and not result.entries:
        response.headers["Retry-After"] = "1"
    return response


def _stream(query: dict[str, Any], is_wanted: operations.EventFilter) -> flask.Response:
    """Server-sent events: first the events so far, then each new event.

    If the server cannot hold the connection, or holds too many, the stream ends immediately, and
    the client connects again.
    """
    after, body = _last_event_id() or query["after"], _RETRY
    if _can_hold():
        result = operations.wait_for_events(
            services(),
            after,
            is_wanted,
            seconds=_STREAM_SECONDS,
            render=_server_sent,
            is_stream=True,
        )
    else:
        result = operations.list_events(services(), after, is_wanted)
    if result.waiting is None:
        body += _server_sent(result.entries, result.cursor, result.followed_at)
    else:
        flask.request.environ[ANSWER_KEY] = result.waiting
        if not result.entries:
            body += _server_sent([], result.cursor, result.followed_at)
    response = flask.Response(body, content_type=_STREAM)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"  # nginx would collect the events
    return response


def _last_event_id() -> operations.After:
    text = flask.request.headers.get("Last-Event-ID")
    if not text:
        return None
    try:
        return schemas.parse_cursor(text)
    except ValidationError as error:
        raise exceptions.InvalidField(
            "Last-Event-ID", str(error.messages[0]), code_of(error.messages[0])
        ) from error


def _can_hold() -> bool:
    environ = flask.request.environ
    return bool(environ.get(SERVER_KEY)) and environ["REQUEST_METHOD"] == "GET"


def _body(entries: list[Entry], cursor: Cursor, followed_at: str | None) -> dict[str, Any]:
    return {
        "events": [_event(entry, cursor.epoch) for entry in entries],
        "cursor": str(cursor),
        "followed_at": followed_at,
    }


def _event(entry: Entry, epoch: str) -> dict[str, Any]:
    position, event = entry
    return event.as_json(Cursor(position, epoch))


def _json(entries: list[Entry], cursor: Cursor, followed_at: str | None) -> bytes:
    return orjson.dumps(_body(entries, cursor, followed_at))


def _server_sent(entries: list[Entry], cursor: Cursor, _followed_at: str | None) -> bytes:
    """Each entry with its cursor as id; without entries, only the cursor, as a keep-alive."""
    parts = [
        b"id: %b\ndata: %b\n\n"
        % (str(Cursor(entry[0], cursor.epoch)).encode(), orjson.dumps(_event(entry, cursor.epoch)))
        for entry in entries
    ]
    return b"".join(parts) or b"id: %b\n: no event yet\n\n" % str(cursor).encode()
