# SPDX-License-Identifier: Apache-2.0
"""What the lifecycle tests share."""

import pytest

from kic_vm.lifecycle import table
from kic_vm.lifecycle.table import LifecycleTables


@pytest.fixture
def tables() -> LifecycleTables:
    """The shipped tables, as if just loaded: no warning was given yet."""
    loaded = table.load_tables()
    return LifecycleTables(loaded.instances, loaded.volumes)
