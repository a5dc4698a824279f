# SPDX-License-Identifier: Apache-2.0
"""An OpenStack whose instances are real guests, the gateway in front of it, and the people."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional.client import Client
from tests.functional.conftest import (
    cloud,
    gateway,
    member,
    persona,
    start_gateway,
    subnet_id,
    volumes,
)
from tests.functional.standalone import running
from tests.guests.record import Record

__all__ = ["cloud", "gateway", "member", "persona", "start_gateway", "subnet_id", "volumes"]

RECORD = pytest.StashKey[Record]()


@pytest.fixture(scope="session")
def standalone() -> Iterator[Path]:
    """The standalone OpenStack with real guests; left running if it ran before."""
    with running("--guests") as demo:
        yield demo


@pytest.fixture(scope="session")
def record(member: Client, pytestconfig: pytest.Config) -> Record:
    """Every step and state, shown in the end."""
    made = Record(member)
    pytestconfig.stash[RECORD] = made
    return made


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Show how long the steps took, and which states passed."""
    if made := config.stash.get(RECORD, None):
        terminalreporter.section("steps and states")
        terminalreporter.write_line(made.text())
