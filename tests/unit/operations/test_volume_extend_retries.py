# SPDX-License-Identifier: Apache-2.0
"""Extensions of volumes whose answers are lost: the size says whether they took place."""

from typing import Any, Final

import pytest
import requests

from tests.unit.bodies import DATA_VOLUME
from tests.unit.cloud import Cloud, Request
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.fake_redis import FakeRedis
from tests.unit.operations.lost_posts import post, settle
from tests.unit.operations.test_volume_get import VOLUMES

JSON = dict[str, Any]
PATH: Final = "/api/v1/volumes/{volume_id}/size"
WANTED: Final = 2
EXTENDING: Final = {"status": "extending", "size": 1}


@pytest.fixture
def options() -> str:
    return "[redis]\nurl = redis://redis.test\n"


@pytest.fixture
def lost(admin: Caller, populated: Cloud, store: FakeRedis) -> Cloud:
    """The cloud after an extension whose answer was lost, and the time in which it may start."""
    populated.lose_writes(requests.ReadTimeout)
    assert post(admin, PATH).status_code == 504
    settle(store)
    populated.forget()
    populated.answer("POST", "cinder", f"/volumes/{DATA_VOLUME}/action", status=202)
    return populated


def show(cloud: Cloud, *changes: JSON) -> None:
    """Cinder shows the volume with these changes, one after the other, then with the last."""
    left = list(changes)

    def answer(_request: Request, _context: Any) -> JSON:
        return {"volume": VOLUMES[DATA_VOLUME] | (left.pop(0) if len(left) > 1 else left[0])}

    cloud.answer("GET", "cinder", f"/volumes/{DATA_VOLUME}", answer)


def test_it_was_the_lost_one(admin: Caller, lost: Cloud) -> None:
    """The retry waits for the end of the extension, and extends nothing."""
    show(lost, EXTENDING, {"size": WANTED})
    assert post(admin, PATH).status_code == 202
    assert lost.writes() == []


def test_it_has_ended(admin: Caller, lost: Cloud) -> None:
    """The retry finds a volume that has its new size."""
    show(lost, {"size": WANTED})
    assert post(admin, PATH).status_code == 202
    assert lost.writes() == []


def test_it_was_somebody_elses(admin: Caller, lost: Cloud) -> None:
    """A retry extends a volume that is too small after the extension that it has met."""
    show(lost, EXTENDING, {"size": WANTED - 1}, {"size": WANTED - 1}, {"size": WANTED - 1})
    assert post(admin, PATH).status_code == 202
    (sent,) = lost.sent("cinder", "POST")
    assert sent.json() == {"os-extend": {"new_size": WANTED}}


class TestShortWait:
    """[volume] extend_wait = 0."""

    @pytest.fixture
    def options(self) -> str:
        return "[redis]\nurl = redis://redis.test\n[volume]\nextend_wait = 0\n"

    def test_it_is_still_running(self, admin: Caller, lost: Cloud) -> None:
        """Nobody knows yet whose extension it is: the client asks again, until it has ended."""
        show(lost, EXTENDING)
        for _ in range(2):
            retry = post(admin, PATH)
            refusal(retry, 409, "idempotency_in_progress")
            assert retry.headers["Retry-After"] == "1"
        show(lost, {"size": WANTED})
        assert post(admin, PATH).status_code == 202
        assert lost.writes() == []
