"""Some of the experiments of ``make faults``, which take little time."""

import pytest

from tests.faults import experiments, posts, trial
from tests.faults.rows import Row
from tests.faults.workspace import Workspace

KINDS = ("status", "reset", "garbage", "lost", "refuse")
TROUBLES = {trouble.name: trouble for trouble in trial.TROUBLES}
# Name of a POST, name of its trouble.
TRIALS = [("instance", "lost"), ("instance", "lie"), ("public IP", "late answer")]


def failed(rows: list[Row]) -> list[Row]:
    return [row for row in rows if not row.is_passed]


@pytest.mark.parametrize("service", experiments.SERVICES)
def test_service(work: Workspace, service: str) -> None:
    """The answer is right, or says which service fails; with a fault of one service."""
    assert failed(list(experiments.with_service(work, service, KINDS))) == []


def test_redis(work: Workspace) -> None:
    """Reads are right, and a request with a key is done once or refused; with a fault of Redis."""
    assert failed(list(experiments.with_redis(work))) == []


@pytest.mark.parametrize(("name", "trouble"), TRIALS)
def test_post(work: Workspace, name: str, trouble: str) -> None:
    """A POST whose answer does not come is done once, however often it is retried."""
    (post,) = (post for post in posts.POSTS if post.name == name)
    known = trial.reference(work, post)
    assert known.is_offered
    outcome = trial.run(work, post, known, TROUBLES[trouble], 0)
    assert outcome.failures() == [], outcome
