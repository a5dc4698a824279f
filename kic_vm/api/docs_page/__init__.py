# SPDX-License-Identifier: Apache-2.0
"""``/docs``: the OpenAPI document in the browser, to read and to try.

Swagger UI comes from the package flask-swagger-ui. Nothing is loaded from another host, and the
content security policy forbids it. The token that the page gets stays in the page's memory.
"""

import importlib.resources
from typing import Final

import flask

from kic_vm import exceptions
from kic_vm.api.blueprint import app_state

blueprint = flask.Blueprint("docs_page", __name__)

_OWN: Final = importlib.resources.files(__name__)
_SWAGGER: Final = importlib.resources.files("flask_swagger_ui").joinpath("dist")
_TYPES: Final = {"html": "text/html", "js": "text/javascript", "css": "text/css"}
_FILES: Final = {
    "page.js": _OWN,
    "page.css": _OWN,
    "swagger-ui.css": _SWAGGER,
    "swagger-ui-bundle.js": _SWAGGER,
}
# Swagger UI sets styles on elements, and its style sheet has images in data URLs.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_DAY: Final = 86400


@blueprint.get("/docs")
def get_docs() -> flask.Response:
    """Show the API in the browser, to read and to try."""
    response = _answer(_OWN, "index.html")
    response.headers["Content-Security-Policy"] = _POLICY
    return response


@blueprint.get("/docs/page.js")
@blueprint.get("/docs/page.css")
@blueprint.get("/docs/swagger-ui.css")
@blueprint.get("/docs/swagger-ui-bundle.js")
def get_docs_file() -> flask.Response:
    """Get a script or a style sheet of the page."""
    name = flask.request.path.rpartition("/")[2]
    response = _answer(_FILES[name], name)
    response.cache_control.public = True
    response.cache_control.max_age = _DAY
    return response


def _answer(directory: importlib.resources.abc.Traversable, name: str) -> flask.Response:
    """A file of the page.

    :raises NoSuchPath: the operator has switched the page off
    """
    if not app_state().conf.api.docs:
        raise exceptions.NoSuchPath
    content_type = _TYPES[name.rpartition(".")[2]]
    response = flask.Response(directory.joinpath(name).read_bytes(), content_type=content_type)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
