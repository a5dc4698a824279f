# SPDX-License-Identifier: Apache-2.0
"""The alerts for Prometheus, with Prometheus' own tests of rules."""

import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.functional import packages

_DIRECTORY: Final = Path(__file__).parents[2] / "etc/kic-vm/prometheus"


@pytest.fixture(scope="module")
def promtool(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The program, which is in Debian's package of Prometheus."""
    return packages.program("promtool", ("prometheus",), tmp_path_factory.mktemp("packages"))


@pytest.mark.parametrize(
    "arguments", [("check", "rules", "kic-vm.rules.yaml"), ("test", "rules", "kic-vm.tests.yaml")]
)
def test_rules(promtool: str, arguments: tuple[str, ...]) -> None:
    """The rules are valid, and the alerts fire when they should, and only then."""
    found = subprocess.run(
        [promtool, *arguments], cwd=_DIRECTORY, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout + found.stderr
