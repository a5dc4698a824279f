# SPDX-License-Identifier: Apache-2.0
"""Round values for the axes of drawings."""

import math


def ticks(low: float, high: float, most: int, base: int = 10) -> list[float]:
    """At most ``most`` + 1 values at equal steps, from below ``low`` to above ``high``.

    The steps are 1, 2 or 5 times a power of the base.

    :param base: 10, or 60 for seconds that are shown as minutes
    """
    least = max((high - low) / most, 1e-9)
    power = float(base) ** math.floor(math.log(least, base))
    candidates = (factor * power for factor in (1, 2, 5, 10, 15, 20, 30, base) if factor <= base)
    step = next(candidate for candidate in candidates if candidate >= least * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [number * step for number in range(first, max(last, first + 1) + 1)]
