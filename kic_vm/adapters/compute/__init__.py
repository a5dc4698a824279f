# SPDX-License-Identifier: Apache-2.0
"""Nova: servers and what belongs to them, flavors, keypairs and quotas.

Each module has the methods of one kind of resource; ``Compute`` in ``service`` has all of them.
"""

from kic_vm.adapters.compute.service import (
    ATTACHED,
    REBUILD,
    SERVER,
    STATE,
    Compute,
)

__all__ = ["ATTACHED", "REBUILD", "SERVER", "STATE", "Compute"]
