# SPDX-License-Identifier: Apache-2.0
"""kic-vm-manage flavors check on the real cloud."""

import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import openstack
import pytest

pytestmark = pytest.mark.alone  # the flavors are those of the whole cloud


def check(standalone: Path) -> subprocess.CompletedProcess[str]:
    config: list[str | Path] = ["--config-file", standalone / "kic-vm.conf"]
    command = [sys.executable, "-m", "kic_vm.cmd.manage", "flavors", "check", *config]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_flavors(standalone: Path, cloud: Callable[[str], openstack.connection.Connection]) -> None:
    """The seeded flavors are complete; one that an operator makes without specs is named."""
    done = check(standalone)
    assert (done.returncode, done.stderr) == (0, "")
    nova = cloud("kic-operator").compute
    name = f"bare-{uuid.uuid4().hex[:8]}"
    flavor = nova.create_flavor(name=name, ram=64, vcpus=1, disk=0, is_public=False)
    try:
        done = check(standalone)
        assert done.returncode == 1
        assert f"{name} ({flavor.id})\n" in done.stdout
        assert "  kic:processor is missing\n" in done.stdout
    finally:
        nova.delete_flavor(flavor.id)
