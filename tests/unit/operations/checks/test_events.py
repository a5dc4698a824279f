# SPDX-License-Identifier: Apache-2.0
"""What the check says of the event feed."""

import pytest
from oslo_config import cfg

from kic_vm import deploy
from kic_vm.context import RequestContext
from kic_vm.events import stream as event_stream
from kic_vm.operations.checks.events import follower
from kic_vm.operations.checks.finding import Level
from kic_vm.operations.request import RequestServices
from tests.unit.cloud import Cloud
from tests.unit.fake_redis import FakeRedis

REDIS = f"[redis]\nurl = redis://redis.test/0\nsecret = {'s' * 32}\n"
BUS = REDIS + "[history]\ntransport_url = rabbit://bus.test/\n"


@pytest.fixture
def options(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize(
    ("options", "age", "notified", "level", "sentence"),
    [
        ("", None, (), Level.SUCCESS, "needs [redis] url"),
        (REDIS + "[history]\nfollow = false\n", None, (), Level.SUCCESS, "turned off"),
        (REDIS, None, (), Level.SUCCESS, "yet"),
        (REDIS, 60, (), Level.WARNING, "start kic-vm-worker"),
        (REDIS, 0, (), Level.SUCCESS, "without notifications"),
        (BUS, 0, (), Level.WARNING, "nova and cinder"),
        (BUS, 0, ("nova",), Level.WARNING, "topics = kic_vm in cinder.conf"),
        (BUS, 0, ("nova", "cinder"), Level.SUCCESS, "by notifications"),
    ],
    indirect=["options"],
)
def test_follower(
    conf: cfg.ConfigOpts,
    cloud: Cloud,
    store: FakeRedis,
    age: int | None,
    notified: tuple[str, ...],
    level: Level,
    sentence: str,
) -> None:
    """It names what is missing, and the settings of the silent service."""
    app_state = deploy.load_app_state(conf)
    gateway = RequestServices.of(app_state, RequestContext(auth=app_state.cloud.service_auth))
    stream = event_stream.create(conf)
    if stream is not None and age is not None:
        stream.followers.note_followed(stream.now() - age * 1000)
        for service in notified:
            stream.followers.note_notified(service)
    found = follower(gateway)
    assert found.level is level
    assert sentence in found.sentence


@pytest.mark.parametrize("options", [REDIS], indirect=True)
def test_redis_away(conf: cfg.ConfigOpts, cloud: Cloud, store: FakeRedis) -> None:
    """The feed does not work without Redis."""
    app_state = deploy.load_app_state(conf)
    gateway = RequestServices.of(app_state, RequestContext(auth=app_state.cloud.service_auth))
    store.is_down = True
    assert follower(gateway).level is Level.WARNING
