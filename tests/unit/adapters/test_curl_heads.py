# SPDX-License-Identifier: Apache-2.0
"""The headers of an answer as libcurl hands them over: one line each, of all heads that came."""

import pytest
from requests.structures import CaseInsensitiveDict

from kic_vm.adapters.http.curl_adapter import _read_head


@pytest.mark.parametrize(
    ("head", "reason", "headers"),
    [
        ("HTTP/1.1 200 OK\r\nA: 1\r\n\r\n", "OK", {"A": "1"}),
        ("HTTP/1.1 200\r\n\r\n", "", {}),
        ("HTTP/1.1 404 Not Found\nA: 1\n\n", "Not Found", {"A": "1"}),
        (
            "HTTP/1.1 200 OK\r\nVary: A\r\nvary:B\r\nX: y:z\r\n\r\n",
            "OK",
            {"vary": "A, B", "x": "y:z"},
        ),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\nA: 1\r\n\r\nT: later\r\n\r\n",
            "Accepted",
            {"A": "1"},
        ),
        ("", "", {}),
    ],
    ids=["one", "no reason", "line feeds", "repeated", "several", "none"],
)
def test_head(head: str, reason: str, headers: dict[str, str]) -> None:
    """The last head counts, and a repeated header is a list."""
    read: CaseInsensitiveDict[str] = CaseInsensitiveDict()
    lines = head.encode().splitlines(keepends=True)
    assert _read_head(lines, read) == reason
    assert dict(read.lower_items()) == {name.lower(): value for name, value in headers.items()}
