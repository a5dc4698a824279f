# SPDX-License-Identifier: Apache-2.0
"""Headers of every read: ``ETag``, ``Age`` and conditions (RFC 9110, 13; RFC 9111).

The tag is a digest of the body alone, so every process returns the same tag for the same content.
"""

import hashlib
import math
from typing import Any, Final

import flask

from kic_vm.cache.stored_lists import Page
from kic_vm.context import ENVIRON_KEY
from kic_vm.events.held_answers import ANSWER_KEY

_READS: Final = frozenset({"GET", "HEAD"})
_DIGEST_SIZE: Final = 16
_TOKEN: Final = "X-Auth-Token"  # noqa: S105 - the name of a header


def apply(response: flask.Response) -> flask.Response:
    """Add the validator and the caching headers to a successful read.

    If the client already has this content, the response becomes a 304 without a body. Errors and
    writes are returned unchanged.
    """
    request = flask.request
    if request.method not in _READS or response.status_code != 200:
        return response
    if ANSWER_KEY in request.environ:  # the body is not known yet
        response.headers["Cache-Control"] = "no-store"
        return response
    context = request.environ[ENVIRON_KEY]
    tag = _tag_of(response, context.page)
    response.set_etag(tag)
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "private, no-cache"
    if context.auth is not None:
        response.vary.add(_TOKEN)
    if context.age is not None:
        response.headers["Age"] = str(math.ceil(context.age))
    # Without this check, werkzeug parses the header although most requests have none.
    if "HTTP_IF_NONE_MATCH" in request.environ and request.if_none_match.contains_weak(tag):
        response.status_code = 304
        response.set_data(b"")
    return response


def _tag_of(response: flask.Response, page: Page[Any] | None) -> str:
    """The tag of a response. The tag of a page of a recent list is computed only once."""
    if page is not None and page.tag is not None:
        return page.tag
    tag = hashlib.blake2b(response.get_data(), digest_size=_DIGEST_SIZE).hexdigest()
    if page is not None:
        page.tag = tag
    return tag
