# SPDX-License-Identifier: Apache-2.0
"""Timestamps as the clients read them."""

import pytest

from kic_vm.mappings.times import utc


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        (None, None),
        ("", None),
        ("2026-11-23T10:47:00Z", "2026-11-23T10:47:00Z"),
        ("2026-11-23T10:47:01.000000", "2026-11-23T10:47:01.000000Z"),
        ("2026-11-23T10:47:01", "2026-11-23T10:47:01Z"),
        ("2026-11-23T10:47:01+00:00", "2026-11-23T10:47:01+00:00"),
        ("2026-11-23T10:47:01-09:00", "2026-11-23T10:47:01-09:00"),
    ],
)
def test_utc(stamp: str | None, expected: str | None) -> None:
    """An offset is added where a service leaves it out, and nothing else is changed."""
    assert utc(stamp) == expected
