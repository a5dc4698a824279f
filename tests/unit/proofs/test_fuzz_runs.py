# SPDX-License-Identifier: Apache-2.0
"""The table of the generated requests is that of all runs."""

import dataclasses
from pathlib import Path

from tests.fuzz.responses import Run, write

FIRST = Run(1, "abc1234", tests=228, failed=0, counts=[("admin", 200, 1000), ("reader", 403, 7)])


def test_write(tmp_path: Path) -> None:
    """Another seed adds to the table, the same one takes the place of what it had seen before."""
    kept, output = tmp_path / "runs.json", tmp_path / "figures.inc"
    write(dataclasses.replace(FIRST, failed=3), kept, output)
    write(FIRST, kept, output)
    written = write(dataclasses.replace(FIRST, seed=2), kept, output)
    assert output.read_text().endswith(written)
    assert "Seed 1 at commit ``abc1234``: 0 of 228 tests failed." in written
    assert "Seed 2 at commit ``abc1234``: 0 of 228 tests failed." in written
    assert "Responses to 2,014 generated requests" in written
    assert "   * - admin\n     - 2,000\n     - 0\n     - 2,000\n" in written


def test_one_run(tmp_path: Path) -> None:
    """Without a file of earlier runs, the table is that of one run."""
    output = tmp_path / "figures.inc"
    write(FIRST, None, output)
    written = write(dataclasses.replace(FIRST, seed=2, failed=1), None, output)
    assert output.read_text().endswith(written)
    assert "Seed 1" not in written
    assert "1 of 228 tests failed" in written
    assert "1,007 generated requests" in written
