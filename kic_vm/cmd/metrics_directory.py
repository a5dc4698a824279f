# SPDX-License-Identifier: Apache-2.0
"""The directory in which the processes of one server collect their metrics."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator

from kic_vm.metrics.directory import ENVIRONMENT


@contextlib.contextmanager
def metrics_directory(*, is_wanted: bool) -> Iterator[None]:
    """Set up the metrics directory for this process and the processes that it forks.

    The directory must exist before ``prometheus_client`` is imported. A directory that the
    environment names is used as it is; otherwise one is created, and removed at the end.
    """
    if not is_wanted or os.environ.get(ENVIRONMENT):
        yield
        return
    directory = tempfile.mkdtemp(prefix="kic-vm-metrics-")
    os.environ[ENVIRONMENT] = directory
    owner = os.getpid()
    try:
        yield
    finally:
        if os.getpid() == owner:  # forked processes run this too when they end
            shutil.rmtree(directory, ignore_errors=True)
