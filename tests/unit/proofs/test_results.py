# SPDX-License-Identifier: Apache-2.0
"""The file with all that a proof has seen."""

import argparse
import collections
import json
from pathlib import Path

from tests.proofs.__main__ import keep
from tests.proofs.creates import Result
from tests.proofs.stopped import Result as StoppedResult


def test_keep(tmp_path: Path) -> None:
    """Counts and results within results are written, too."""
    path = tmp_path / "stopped.json"
    creates = Result(keys=2, statuses=collections.Counter({"202": 2}))
    result = StoppedResult("rabbitmq", creates, collections.Counter({"200": 3}))
    keep(argparse.Namespace(json=path), [result])
    (stored,) = json.loads(path.read_text())
    assert stored["creates"]["statuses"] == {"202": 2}
    assert stored["reads"] == {"200": 3}
