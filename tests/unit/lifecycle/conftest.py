# SPDX-License-Identifier: Apache-2.0
"""What the lifecycle tests share."""

import pytest

from kic_vm.lifecycle import table


@pytest.fixture
def tables():
    """The shipped tables, as if just loaded: no warning was given yet."""
    loaded = table.load_tables()
    return table.LifecycleTables(loaded.instances, loaded.volumes)
