"""How a serving process looks for garbage cycles, and where it gets its memory from."""

import ctypes
import gc
from typing import Final

_M_ARENA_MAX: Final = -8  # of glibc's mallopt(3)


def apply() -> None:
    """Once all is loaded, and before there are threads.

    Cycles are looked for less often than Python does by itself. What has been loaded stays, and a
    list of a thousand instances is a hundred thousand objects without a cycle: with Python's
    defaults, looking for cycles in all of that is half of the list's CPU time.

    All threads share one heap. glibc would give each of the first some an own one, of which each
    keeps what its largest list took: a tenth of the process, for nothing where only one thread at
    a time has Python's lock.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries have none
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
