"""One row of the error table."""

import re
from typing import NamedTuple

from kic_vm.exceptions import KicVmError


class Rule(NamedTuple):
    """One row. ``{1}``, ``{2}``, ... in the sentence are the pattern's groups."""

    service: str
    status: int
    pattern: re.Pattern[str]
    error: type[KicVmError]
    sentence: str
