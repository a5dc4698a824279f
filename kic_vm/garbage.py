"""How often a serving process looks for garbage cycles."""

import gc


def look_seldom() -> None:
    """Once all is loaded: search for cycles less often than Python does by itself.

    What has been loaded stays, and a list of a thousand instances is a hundred thousand objects
    without a cycle: with Python's defaults, looking for cycles in all of that is half of the
    list's CPU time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
