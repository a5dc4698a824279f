# SPDX-License-Identifier: Apache-2.0
"""What the long proofs conclude from what they saw."""

import dataclasses

import pytest

from tests.proofs.creates import Result
from tests.proofs.processes import Usage
from tests.proofs.soak import Result as SoakResult

GOOD = Result(keys=2, answered=2, instances=2, leftovers="nothing")


def test_good_creates() -> None:
    """Each key made one instance."""
    assert GOOD.is_passed


@pytest.mark.parametrize(
    "changes",
    [
        {"answered": 1},
        {"instances": 1},
        {"doubled": 1},
        {"lost": 1},
        {"leftovers": "+1 port"},
        {"statuses": {"500 internal_error": 1}},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_bad_creates(changes: dict[str, object]) -> None:
    """Any deviation is a failure."""
    assert not dataclasses.replace(GOOD, **changes).is_passed  # type: ignore[arg-type]


def test_growth() -> None:
    """The end of the run is compared with its middle."""
    samples = [Usage(100 + number // 10, 10, 20) for number in range(20)]
    assert SoakResult(samples=samples).growth() == {"mebibytes": 0.0, "threads": 0.0, "files": 0.0}
    samples[-1].mebibytes = samples[-2].mebibytes = 202
    assert SoakResult(samples=samples).growth()["mebibytes"] == 100.0
