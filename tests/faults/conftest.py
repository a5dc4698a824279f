# SPDX-License-Identifier: Apache-2.0
"""A project, a gateway and proxies for the experiments that every run of the tests makes."""

from collections.abc import Iterator

import pytest

from tests.faults import lane
from tests.faults.loop import LoopThread
from tests.faults.workspace import Workspace
from tests.functional import standalone


@pytest.fixture(scope="session")
def work() -> Iterator[Workspace]:
    """A lane of the tests' own."""
    loop = LoopThread()
    with standalone.running(), lane.opened(loop) as opened:
        yield Workspace(opened)
    loop.stop()
