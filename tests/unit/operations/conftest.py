# SPDX-License-Identifier: Apache-2.0
"""One gateway for the tests of operations: they look at calls, not at what it remembers."""

from typing import Any

import pytest
from oslo_config import cfg

from kic_vm import deploy
from kic_vm.events import stream as event_stream
from kic_vm.events.stream import EventStream
from tests.unit.cloud import Cloud
from tests.unit.fake_neutron import FakeNeutron
from tests.unit.fake_redis import FakeRedis


@pytest.fixture
def application(request: pytest.FixtureRequest, options: str, shared_application: Any) -> Any:
    """The shared pipeline, or one of its own for a test with options of its own."""
    if not options:
        return shared_application
    request.getfixturevalue("store")
    # Loading a configuration takes longer than most of these tests.
    return deploy.load_app(request.getfixturevalue("conf"))


@pytest.fixture
def stream(conf: cfg.ConfigOpts, store: FakeRedis) -> EventStream:
    """The event streams of a gateway with Redis, as the follower writes them."""
    event_streams = event_stream.create(conf)
    assert event_streams is not None
    return event_streams


@pytest.fixture
def neutron(populated: Cloud) -> FakeNeutron:
    """A VPC of Neutron with two subnets."""
    return FakeNeutron(populated)
