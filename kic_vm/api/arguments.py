# SPDX-License-Identifier: Apache-2.0
"""Read bodies and queries; errors name each wrong field."""

from collections.abc import Iterator
from typing import Any, NoReturn

import flask
import marshmallow
from webargs.flaskparser import FlaskParser
from webargs.multidictproxy import MultiDictProxy

from kic_vm import exceptions
from kic_vm.api import field_errors, json_body


class Parser(FlaskParser):
    """webargs for Flask, with 400 responses in the error envelope."""

    DEFAULT_VALIDATION_STATUS = 400
    # The schemas decide about unknown fields; by default, webargs drops them from queries.
    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {}  # noqa: RUF012 - as its base

    def load_json(self, req: flask.Request, schema: marshmallow.Schema) -> Any:
        """The JSON body.

        :raises UnsupportedMediaType: the request declares another media type
        :raises InvalidRequest: there is no body, or as ``json_body.read``
        """
        body = req.get_data(cache=True)
        if not body:
            raise exceptions.InvalidRequest("A JSON body is needed.")
        if not req.is_json:
            raise exceptions.UnsupportedMediaType
        return json_body.read(body)

    def load_querystring(self, req: flask.Request, schema: marshmallow.Schema) -> MultiDictProxy:
        """The query parameters.

        :raises InvalidRequest: a parameter occurs twice
        """
        for name, values in req.args.lists():
            if len(values) > 1:
                raise exceptions.InvalidRequest(f"{name}: this parameter came twice.")
        parameters: MultiDictProxy = super().load_querystring(req, schema)
        return parameters

    def handle_error(
        self,
        error: marshmallow.ValidationError,
        req: flask.Request,
        schema: marshmallow.Schema,
        *,
        error_status_code: int | None,
        error_headers: Any,
    ) -> NoReturn:
        """Convert marshmallow's messages into sentences.

        :raises InvalidRequest: always
        """
        problems = [
            problem
            for messages in error.normalized_messages().values()  # type: ignore[no-untyped-call]
            for problem in _flat(messages)
        ]
        refusal = exceptions.InvalidRequest(field_errors.summary(problems))
        refusal.problems = problems
        raise refusal from error


def _flat(messages: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(messages, dict):
        for key, inner in messages.items():
            # marshmallow's key for errors of the whole object
            below = path if key == "_schema" else f"{path}.{key}".lstrip(".")
            yield from _flat(inner, below)
    elif isinstance(messages, list):
        for message in messages:
            yield from _flat(message, path)
    else:
        yield path or "body", str(messages)


parser = Parser()
