# SPDX-License-Identifier: Apache-2.0
"""The flavor of the walks whose root disk is on the host of the instance."""

import contextlib
from collections.abc import Iterator

from bench import project as bench_project
from tests.proofs.history.walks import DISK_FLAVOR


@contextlib.contextmanager
def disk_flavor(project: bench_project.Project) -> Iterator[None]:
    """A flavor whose root disk is on the host; it is removed in the end."""
    disk = max(1, project.operator.image.get_image(project.image_id).min_disk or 0)
    compute = project.operator.compute
    made = compute.create_flavor(name=DISK_FLAVOR, vcpus=1, ram=512, disk=disk)
    try:
        yield
    finally:
        compute.delete_flavor(made)
