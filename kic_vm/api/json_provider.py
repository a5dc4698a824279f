# SPDX-License-Identifier: Apache-2.0
"""JSON responses: a fast encoder, with Flask's own as a fallback."""

from typing import Any

import flask
import orjson
from flask.json.provider import DefaultJSONProvider


class JsonProvider(DefaultJSONProvider):
    """Flask's provider with orjson for responses; Flask's own parser reads requests."""

    def response(self, *args: Any, **kwargs: Any) -> flask.Response:
        """See Flask."""
        body = self._prepare_response_obj(args, kwargs)
        try:
            text: bytes | str = orjson.dumps(body, option=orjson.OPT_APPEND_NEWLINE)
        except TypeError:  # a number over 64 bits, or an unpaired surrogate
            text = self.dumps(body) + "\n"
        return flask.Response(text, mimetype=self.mimetype)
