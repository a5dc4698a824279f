"""The directory in which the processes of one server put their metrics together."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator

from kic_vm.metrics.directory import ENVIRONMENT


@contextlib.contextmanager
def metrics_directory(*, is_wanted: bool) -> Iterator[None]:
    """Within, and in the processes that are forked there, metrics are kept in a directory.

    It has to be there before ``prometheus_client`` is imported. One that the environment names
    is used as it is; another one is made, and removed in the end.
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
        if os.getpid() == owner:  # a forked process comes by here, too, when it ends
            shutil.rmtree(directory, ignore_errors=True)
