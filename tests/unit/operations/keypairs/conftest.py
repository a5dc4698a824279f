# SPDX-License-Identifier: Apache-2.0
"""Nova's keypairs, and an index of them of each test's own."""

import pytest

from tests.unit.cloud import Cloud
from tests.unit.nova_keypairs import NovaKeypairs


@pytest.fixture
def options() -> str:
    """An index of each test's own."""
    return "[keypairs]\nindex_time = 300\n"


@pytest.fixture
def nova(populated: Cloud) -> NovaKeypairs:
    """Nova's keypairs, to be changed behind the gateway's back."""
    return NovaKeypairs(populated)
