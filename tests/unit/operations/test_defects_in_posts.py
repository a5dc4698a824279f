# SPDX-License-Identifier: Apache-2.0
"""POSTs that end with a defect of the gateway: a retry with the same key makes nothing twice."""

from typing import Any

import pytest

from kic_vm.adapters import service
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.fake_redis import FakeRedis
from tests.unit.operations.lost_posts import post
from tests.unit.operations.test_lost_answers import POSTS
from tests.unit.prepared import prepare


@pytest.fixture
def options() -> str:
    return "[redis]\nurl = redis://redis.test\n"


def fail(*_args: Any, **_kwargs: Any) -> Any:
    """What a defect does."""
    raise AssertionError


@pytest.mark.parametrize("path", POSTS)
def test_after_a_write(
    admin: Caller, populated: Cloud, store: FakeRedis, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service has performed the write: the attempt is left open, and its error says so."""
    prepare(populated, f"POST {path}")
    with monkeypatch.context() as patch:
        patch.setattr(service, "_is_performed", fail)
        first = refusal(post(admin, path), 500, "internal_error")
    assert first["outcome"] == "unknown"
    populated.forget()
    retry = post(admin, path)
    assert retry.status_code == 409 or retry.status_code < 300, retry.text
    assert populated.writes() == []


def test_before_all_writes(
    admin: Caller, populated: Cloud, store: FakeRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was sent: a retry is a first attempt."""
    with monkeypatch.context() as patch:
        patch.setattr(service.Service, "request", fail)
        first = refusal(post(admin, "/api/v1/volumes"), 500, "internal_error")
    assert "outcome" not in first
    assert post(admin, "/api/v1/volumes").status_code < 300
    assert len(populated.writes()) == 1
