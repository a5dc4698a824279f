# SPDX-License-Identifier: Apache-2.0
"""devstack/ is not an installed package: it runs before anything is installed."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "devstack"))

from allinone import interrupt, settings
from allinone.deployment import Deployment


@pytest.fixture(autouse=True)
def _no_request_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test ends another one's steps."""
    monkeypatch.setattr(interrupt, "_requested", type(interrupt._requested)())


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    """A deployment in an empty directory."""
    environ = {"PATH": os.environ["PATH"], "KIC_VM_STANDALONE_DIR": str(tmp_path / "data")}
    made = Deployment(settings.load(environ))
    made.create()
    yield made
    made.remove_sockets()
