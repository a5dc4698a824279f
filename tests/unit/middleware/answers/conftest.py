# SPDX-License-Identifier: Apache-2.0
"""One application without a log, for some thousand wrong answers of the services."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def without_log() -> Iterator[None]:
    """Nothing is logged: to write some thousand tracebacks takes longer than all the rest."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def application(shared_application: Any) -> Any:
    """One for all: what it remembers does not matter here."""
    return shared_application
