# SPDX-License-Identifier: Apache-2.0
"""Real answers, recorded once from the standalone OpenStack: ``recorded.json`` beside this file."""

import json
from pathlib import Path
from typing import Any, Final

JSON = dict[str, Any]

FILE: Final = Path(__file__).with_name("recorded.json")
# All services are at one address, each below its type.
BASE: Final = "http://replay.test"


def load() -> JSON:
    """What has been recorded."""
    answers: JSON = json.loads(FILE.read_text())
    return answers
