# SPDX-License-Identifier: Apache-2.0
"""One `make demo` or `make demo-stop` at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import DemoError
from .place import Place


@contextmanager
def exclusive(place: Place) -> Iterator[None]:
    """Hold the demo's lock; raises DemoError if somebody else holds it."""
    place.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (place.directory / "lock").open("a") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoError(
                "another `make demo` or `make demo-stop` is at work; wait for it, or end it first"
            ) from None
        yield
