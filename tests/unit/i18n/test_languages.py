# SPDX-License-Identifier: Apache-2.0
"""The language that a client prefers."""

import pytest

from kic_vm.i18n.languages import preferred


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("ko", "ko"),
        ("KO", "ko"),
        ("ko-KR", "ko"),
        ("ko_KR", "ko"),
        ("ko-KR, en;q=0.5", "ko"),
        ("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", "ko"),
        ("en-GB, ko;q=0.5", "en"),
        ("en;q=0.5, ko;q=0.7", "ko"),
        ("en, ko", "en"),
        ("ko, en", "en"),  # equal qualities: the API's own language
        ("ko;q=0", "en"),
        ("ko;q=0, *", "en"),
        ("*", "en"),
        ("fr", "en"),
        ("fr, ko;q=0.1", "ko"),
        ("kok", "en"),
        ("ko;q=none", "en"),
        (";;;,,=q", "en"),
    ],
)
def test_preferred(header: str | None, language: str) -> None:
    """The header's quality values decide; English is the language of all other clients."""
    assert preferred(header) == language
