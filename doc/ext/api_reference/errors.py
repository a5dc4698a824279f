# SPDX-License-Identifier: Apache-2.0
"""Error codes: the complete table, and the codes of one operation."""

from collections.abc import Sequence
from typing import Any

JSON = dict[str, Any]

WITH_PARAMETERS = ("invalid_request",)
WITH_ID = ("not_found",)
WITH_BODY = ("invalid_request", "unsupported_media_type", "request_too_large")


def table(document: JSON) -> list[str]:
    """All codes as reStructuredText."""
    rows = [
        (str(one["status"]), f"``{one['code']}``", one["message"])
        for one in document["x-error-codes"]
    ]
    return list_table(("Status", "Code", "Meaning"), (10, 30, 60), rows)


def of(described: JSON, parameters: list[JSON], refusals: list[JSON]) -> list[str]:
    """The codes of an operation: its own codes, recorded codes, and links to common groups."""
    places = {one["in"] for one in parameters}
    groups = [":ref:`codes of every operation <errors-always>`"]
    codes: list[str] = []
    if described["security"]:
        groups.append(":ref:`codes of every operation with a token <errors-token>`")
    if "path" in places:
        codes += WITH_ID
    if "query" in places:
        codes += WITH_PARAMETERS
    if "requestBody" in described:
        codes += WITH_BODY
    if any(one["name"] == "Idempotency-Key" for one in parameters):
        groups.append(":ref:`codes of requests with an Idempotency-Key <errors-idempotency>`")
    codes += [one["code"] for one in refusals if one["code"] != "forbidden"]
    return [*(f"``{code}``" for code in dict.fromkeys(codes)), *groups]


def list_table(
    heads: tuple[str, ...], widths: tuple[int, ...], rows: Sequence[tuple[str, ...]]
) -> list[str]:
    """A table as reStructuredText."""
    lines = [
        ".. list-table::",
        "   :header-rows: 1",
        f"   :widths: {' '.join(str(width) for width in widths)}",
        "",
    ]
    for row in (heads, *rows):
        for number, cell in enumerate(row):
            lines.append(f"   {'*' if number == 0 else ' '} - {cell}".rstrip())
    return [*lines, ""]
