# SPDX-License-Identifier: Apache-2.0
"""A resize is confirmed once, however many processes there are."""

from typing import Any

import pytest
import redis
from oslo_config import cfg

from kic_vm import deploy
from kic_vm.cache.sealed import SealedRedis
from kic_vm.conf.shared_secrets import shared_secrets
from kic_vm.conf.time_limits import CALL_SECONDS
from tests.unit import personas
from tests.unit.bodies import INSTANCE
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.fake_redis import FakeRedis
from tests.unit.operations.resized_server import ACTION, ALONE, OFF, ON, resized, show, state

JSON = dict[str, Any]
REDIS = (
    "[redis]\nurl = redis://redis.test\n[keystone_authtoken]\n"
    f"memcache_secret_key = {personas.SECRET}\n"
)


class TestWithoutRedis:
    """Processes that share nothing: at most one of them confirms."""

    @pytest.fixture
    def options(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    @pytest.mark.parametrize(
        ("options", "is_multiprocess", "is_confirmed"),
        [
            ("[resize]\n", False, False),  # the defaults: two processes
            ("[resize]\n", True, False),
            (ALONE, False, True),
            (ALONE, True, False),  # another WSGI server with more of them
            ("[resize]\nconfirmed_by = worker\n" + ALONE, False, False),
            (REDIS, True, True),
            (REDIS + "[resize]\nconfirmed_by = worker\n", True, False),
        ],
        indirect=["options"],
    )
    def test_gateway(
        self,
        conf: Any,
        populated: Cloud,
        monkeypatch: pytest.MonkeyPatch,
        is_multiprocess: bool,
        is_confirmed: bool,
    ) -> None:
        """Its process confirms only where no other one does."""
        monkeypatch.setattr(redis.Redis, "from_url", lambda *_args, **_kwargs: FakeRedis())
        application = deploy.load_app(conf)

        def served(environ: Any, start_response: Any) -> Any:
            return application(environ | {"wsgi.multiprocess": is_multiprocess}, start_response)

        show(populated, resized(OFF))
        member = Caller(served, personas.token_of("member"))
        expected = "Resize_confirm" if is_confirmed else "Resized"
        assert state(member.get(INSTANCE)) == expected
        assert len(populated.writes()) == is_confirmed

    @pytest.mark.parametrize("options", ["[resize]\n"], indirect=True)
    def test_by_hand(self, member: Caller, populated: Cloud) -> None:
        """What a user asks for is done by any process."""
        show(populated, resized(ON))
        assert member.post(f"{INSTANCE}/confirm-resize").status_code == 202


class TestAnotherProcess:
    """Nova takes two ends of a resize within milliseconds, and the second breaks the server."""

    @pytest.fixture
    def options(self) -> str:
        return f"{REDIS}secret = {personas.SECRET:x<32}\n"

    def test_redis_fails(self, member: Caller, populated: Cloud, store: FakeRedis) -> None:
        """While Redis fails nothing confirms itself, but a user's command is done."""
        show(populated, resized(OFF))
        store.is_down = True
        assert state(member.get(INSTANCE)) == "Resized"
        assert populated.writes() == []
        assert member.post(f"{INSTANCE}/confirm-resize").status_code == 202

    def test_it_has_taken_the_end(
        self, member: Caller, populated: Cloud, store: FakeRedis, conf: cfg.ConfigOpts
    ) -> None:
        """Nova gets no second call, whether by a look or by hand."""
        show(populated, resized(OFF))
        member.get(INSTANCE)
        (key,) = (key for key in store.values if "resize" in key)
        prefix, _colon, name = key.partition(":")
        store.values.clear()
        other = SealedRedis(store, f"{prefix}:", *shared_secrets(conf, "redis"))
        assert other.add(name, b"taken", 30)
        populated.forget()
        assert state(member.get(INSTANCE)) == "Resized"
        for command in ("confirm-resize", "revert-resize"):
            refusal(member.post(f"{INSTANCE}/{command}"), 409, "already_under_way")
        assert populated.writes() == []

    @pytest.mark.parametrize("first", ["look", "confirm-resize", "revert-resize"])
    def test_it_finds_the_end_taken(
        self, member: Caller, populated: Cloud, store: FakeRedis, first: str
    ) -> None:
        """It is told before Nova is called."""
        show(populated, resized(OFF))
        seen: list[list[str]] = []

        def called(_request: Any, context: Any) -> JSON:
            seen.append([key for key in store.values if "resize" in key])
            context.status_code = 202
            return {}

        populated.answer("POST", "nova", ACTION, called)
        if first == "look":
            assert state(member.get(INSTANCE)) == "Resize_confirm"
        else:
            assert member.post(f"{INSTANCE}/{first}").status_code == 202
        (keys,) = seen
        assert len(keys) == 1

    @pytest.mark.parametrize("first", ["look", "confirm-resize", "revert-resize"])
    def test_lease(self, member: Caller, populated: Cloud, store: FakeRedis, first: str) -> None:
        """It lasts longer than the call to Nova can."""
        show(populated, resized(OFF))
        lives: list[int] = []

        def called(_request: Any, _context: Any) -> JSON:
            lives.extend(store.lives[key] for key in store.values if "resize" in key)
            return {}

        populated.answer("POST", "nova", ACTION, called, 202)
        member.get(INSTANCE) if first == "look" else member.post(f"{INSTANCE}/{first}")
        assert lives
        assert min(lives) > 1000 * CALL_SECONDS
