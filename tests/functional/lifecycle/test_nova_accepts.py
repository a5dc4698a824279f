# SPDX-License-Identifier: Apache-2.0
"""What Nova was recorded to accept, against the Nova that the functional tests run on."""

import json
import subprocess
from pathlib import Path
from typing import Final

import pytest
import yaml

from tests.functional.standalone import DIRECTORY, TOP

# It installs what is asked here.
pytestmark = pytest.mark.usefixtures("standalone")

RECORDED: Final = TOP / "tests" / "unit" / "lifecycle" / "nova_accepts.yaml"
SCRIPT: Final = Path(__file__).with_name("print_nova_accepts.py")


def test_the_recorded_states_are_those_of_the_installed_nova() -> None:
    """Each command is accepted in the recorded states; the unit tests compare the table to them."""
    recorded = yaml.safe_load(RECORDED.read_text())
    done = subprocess.run(
        [DIRECTORY / "venv" / "bin" / "python", SCRIPT, *recorded],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert json.loads(done.stdout) == recorded
