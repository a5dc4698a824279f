# SPDX-License-Identifier: Apache-2.0
"""Paths of requests to OpenStack: nothing in them leads elsewhere."""

import pytest

from kic_vm.adapters.paths import path


@pytest.mark.parametrize(
    ("parts", "query", "expected"),
    [
        (("servers", "detail"), {}, "/servers/detail"),
        (("a/b", "../c", "d?e#f"), {}, "/a%2Fb/..%2Fc/d%3Fe%23f"),
        (("a b", "ü"), {}, "/a%20b/%C3%BC"),
        (("x",), {"limit": 5, "marker": None}, "/x?limit=5"),
        (("x",), {"fields": ["id", "name"]}, "/x?fields=id&fields=name"),
        (("x",), {"name": "a&b=c"}, "/x?name=a%26b%3Dc"),
    ],
)
def test_path(parts: tuple[str, ...], query: dict[str, object], expected: str) -> None:
    """Every part and value is quoted, and what is None is left out."""
    assert path(*parts, **query) == expected  # type: ignore[arg-type]
