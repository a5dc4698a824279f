# SPDX-License-Identifier: Apache-2.0
"""Convert a request to the WSGI environment."""

import io
import sys
from typing import Any, Final
from urllib.parse import unquote_to_bytes
from wsgiref.types import WSGIEnvironment

from kic_vm.server.requests import Request

Address = tuple[str, int]

_SCHEME_END: Final = b"://"


def environ_of(
    request: Request, client: Address, server: Address, *, is_multiprocess: bool
) -> WSGIEnvironment:
    """The WSGI environment (PEP 3333) of a request.

    :param client: the client's address and port
    :param server: the local address and port that received the request
    """
    path, query = _split(request.target)
    environ: dict[str, Any] = {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": is_multiprocess,
        "wsgi.run_once": False,
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_PROTOCOL": f"HTTP/{request.version}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
    }
    environ.update(request.headers)
    return environ


def _split(target: bytes) -> tuple[str, str]:
    """The path, decoded as PEP 3333 requires, and the query."""
    if not target.startswith(b"/") and _SCHEME_END in target:
        host_and_path = target.partition(_SCHEME_END)[2]
        target = host_and_path[len(host_and_path.partition(b"/")[0]) :] or b"/"
    path, _mark, query = target.partition(b"#")[0].partition(b"?")
    if b"%" in path:
        path = unquote_to_bytes(path)
    return path.decode("latin-1"), query.decode("latin-1")
