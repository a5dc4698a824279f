# SPDX-License-Identifier: Apache-2.0
"""What the tests of the commands share."""

import pytest

from tests.unit.cloud import Cloud
from tests.unit.cmd.rounds import make_quiet


@pytest.fixture
def quiet(populated: Cloud) -> Cloud:
    """A cloud in which the worker has nothing to do."""
    make_quiet(populated)
    return populated
