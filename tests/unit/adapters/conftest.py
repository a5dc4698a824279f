# SPDX-License-Identifier: Apache-2.0
"""What the tests of reading share."""

from collections.abc import Iterator

import pytest

from tests.unit.adapters.answering import Server, answering


@pytest.fixture
def server() -> Iterator[Server]:
    """A server for one test."""
    with answering() as made:
        yield made
