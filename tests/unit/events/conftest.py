# SPDX-License-Identifier: Apache-2.0
"""A Redis with streams in it."""

import pytest

from kic_vm.cache.outage import Outage
from kic_vm.cache.sealed import SealedRedis
from kic_vm.events.model import Event, Sighting
from kic_vm.events.stream import EventStream
from tests.unit.fake_redis import FakeRedis
from tests.unit.personas import SECRET

PROJECT = "a" * 32
OTHER_PROJECT = "b" * 32


@pytest.fixture
def server() -> FakeRedis:
    return FakeRedis()


def stream_in(
    server: FakeRedis,
    *secrets: str,
    length: int = 100,
    age: float = 3600,
    retry_after: float = 0,
) -> EventStream:
    """The streams as a process that has just started sees them."""
    sealed = SealedRedis(server, "p:", *(secrets or (SECRET,)))
    return EventStream(sealed, Outage(retry_after), length=length, age=age, timeout=20)


@pytest.fixture
def stream(server: FakeRedis) -> EventStream:
    return stream_in(server)


def sighting(
    state: str,
    at: str | None,
    *,
    project_id: str = PROJECT,
    instance_id: str = "i",
    read_began: int | None = None,
    is_change: bool = True,
    deleted: bool = False,
) -> Sighting:
    """An instance in a state."""
    return Sighting(
        project_id=project_id,
        event=Event(
            type="instance",
            id=instance_id,
            name="confidential",
            state=state,
            billable=True,
            at=at,
            seen_at="2026-11-27T10:00:00Z",
            deleted=deleted,
        ),
        read_began=read_began,
        is_change=is_change,
    )
