# SPDX-License-Identifier: Apache-2.0
"""kic-vm-api, as far as it needs no OpenStack."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def start(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kic_vm.cmd.api", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={key: value for key, value in os.environ.items() if key != "KIC_VM_CONFIG"},
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "auth_type"),
        ("[api]\nport = many\n", "port"),
    ],
)
def test_configuration_that_cannot_work(tmp_path: Path, content: str, sentence: str) -> None:
    """The start is refused with one sentence that names the option, and no traceback."""
    file = tmp_path / "kic-vm.conf"
    file.write_text(content)
    result = start("--config-file", str(file))
    assert result.returncode == 2
    assert sentence in result.stderr
    assert result.stderr.startswith("kic-vm-api: ")
    assert "Traceback" not in result.stderr


def test_configuration_that_is_missing(tmp_path: Path) -> None:
    """The file is named."""
    result = start("--config-file", str(tmp_path / "nowhere.conf"))
    assert result.returncode == 2
    assert "nowhere.conf" in result.stderr


def test_metrics_can_be_put_together() -> None:
    """prometheus_client looks for the directory of the processes when it is imported: not yet."""
    program = "import sys, kic_vm.cmd.api; print('prometheus_client' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
