# SPDX-License-Identifier: Apache-2.0
"""Read bodies and queries; errors name each wrong field."""

from collections.abc import Iterator
from typing import Any, NoReturn

import flask
import marshmallow
from webargs.flaskparser import FlaskParser
from webargs.multidictproxy import MultiDictProxy

from kic_vm import exceptions
from kic_vm.api import json_body
from kic_vm.api.field_errors import WHOLE_BODY
from kic_vm.exceptions import FieldError, FieldErrorCode
from kic_vm.schemas.field_errors import code_of


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
            raise exceptions.InvalidRequest("A JSON body is needed.", FieldErrorCode.REQUIRED)
        if not req.is_json:
            raise exceptions.UnsupportedMediaType
        return json_body.read(body)

    def load_querystring(self, req: flask.Request, schema: marshmallow.Schema) -> MultiDictProxy:
        """The query parameters.

        :raises InvalidRequest: a parameter occurs twice
        """
        for name, values in req.args.lists():
            if len(values) > 1:
                raise exceptions.InvalidField(
                    name, "this parameter came twice.", FieldErrorCode.DUPLICATE
                )
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
        messages = error.normalized_messages().values()  # type: ignore[no-untyped-call]
        raise exceptions.InvalidFields(
            [field_error for message in messages for field_error in _flat(message)]
        ) from error


def _flat(messages: Any, path: str = "") -> Iterator[FieldError]:
    if isinstance(messages, dict):
        for key, inner in messages.items():
            # marshmallow's key for errors of the whole object
            below = path if key == "_schema" else f"{path}.{key}".lstrip(".")
            yield from _flat(inner, below)
    elif isinstance(messages, list):
        for message in messages:
            yield from _flat(message, path)
    else:
        yield FieldError(path or WHOLE_BODY, str(messages), code_of(messages))


parser = Parser()
