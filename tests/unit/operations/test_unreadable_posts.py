# SPDX-License-Identifier: Apache-2.0
"""POSTs whose answer a library fails to read: a retry with the same key makes nothing twice."""

import pytest

from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.fake_redis import FakeRedis
from tests.unit.operations.lost_posts import post
from tests.unit.operations.test_lost_answers import POSTS
from tests.unit.populated import populate
from tests.unit.prepared import prepare
from tests.unit.unreadable_answers import UNREADABLE


@pytest.fixture
def options() -> str:
    return "[redis]\nurl = redis://redis.test\n"


@pytest.mark.parametrize("path", POSTS)
def test_retry(admin: Caller, populated: Cloud, store: FakeRedis, path: str) -> None:
    """While the service may still process the request, a retry writes nothing."""
    for kind, answer in UNREADABLE.items():
        store.values.clear()
        prepare(populated, f"POST {path}")
        populated.answer_writes(**answer)
        first = post(admin, path)
        assert (first.status_code, first.json["error"]["outcome"]) == (502, "unknown"), kind
        populate(populated)
        prepare(populated, f"POST {path}")
        populated.forget()
        retry = post(admin, path)
        assert retry.status_code == 409 or retry.status_code < 300, (kind, retry.text)
        assert populated.writes() == [], kind
