# SPDX-License-Identifier: Apache-2.0
"""Answers that a library fails to read, as requests-mock takes them."""

from typing import Any, Final

JSON = dict[str, Any]


def _error(charset: str) -> JSON:
    """An error whose text a codec refuses, even where it may replace what it cannot read."""
    headers = {"Content-Type": f"text/html; charset={charset}"}
    return {"status_code": 500, "content": b"\xff" * 70, "headers": headers}


def _redirect(location: str) -> JSON:
    return {"status_code": 302, "text": "", "headers": {"Location": location}}


UNREADABLE: Final[dict[str, JSON]] = {
    "negative chunk": {"exc": ValueError("read length must be non-negative or -1")},
    "undefined charset": _error("undefined"),
    "charset for host names": _error("idna"),
    "charset with NUL": _error("a\0b"),
    "redirect to no address": _redirect("http://[x"),
    "redirect in no encoding": _redirect("/\xff\xfe"),
    "redirect to another scheme": _redirect("ftp://x/"),
    "redirect to another place": _redirect("http://elsewhere.test/"),
}
