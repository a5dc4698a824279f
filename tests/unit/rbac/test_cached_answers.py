# SPDX-License-Identifier: Apache-2.0
"""What the gateway remembers of one project or token is never looked up for another."""

from collections.abc import Callable
from typing import Any

import pytest
import redis

from kic_vm import policies
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.fake_redis import FakeRedis
from tests.unit.requests_of import arguments_of, path_of

# Who has taken a job or the end of a resize is no answer to anybody.
NO_ANSWERS = ("worker:", "resize-confirmation:")
# What the record of a project's instances tells; it is read for a caller who may read them.
FOLLOWER = {f"kic-vm:events:{name}" for name in ("epoch", "followed", "projects")}
RECORDS = {"action-events", "state-since", "usage-record"}
OPERATIONS = [
    (guarded["method"], guarded["path"])
    for rule in policies.guarding_rules()
    for guarded in rule.operations
    if guarded["method"] in {"GET", "POST"} and rule.check_str != policies.base.PUBLIC
]


class ListeningRedis(FakeRedis):
    """One that notes the keys that it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.keys_asked: set[str] = set()

    def execute_command(self, *args: Any, **options: Any) -> Any:
        keys = args[3 : 3 + args[2]] if args[0].startswith("EVAL") else args[1:2]
        self.keys_asked.update(key for key in keys if not any(word in key for word in NO_ANSWERS))
        return super().execute_command(*args, **options)


@pytest.fixture
def options() -> str:
    return "[redis]\nurl = redis://redis.test\n"


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> ListeningRedis:
    server = ListeningRedis()
    monkeypatch.setattr(redis.Redis, "from_url", lambda *_args, **_kwargs: server)
    return server


@pytest.fixture
def application(store: ListeningRedis, application: Any) -> Any:
    """The pipeline on that Redis."""
    return application


@pytest.fixture
def elsewhere(store: ListeningRedis, elsewhere: Callable[[str], Caller]) -> Callable[[str], Caller]:
    """A caller at a process on that Redis that remembers nothing itself."""
    return elsewhere


def asked_by(who: Caller, store: ListeningRedis) -> set[str]:
    """The keys that are asked for when somebody does everything, with one Idempotency-Key."""
    store.keys_asked.clear()
    for method, path in OPERATIONS:
        arguments = arguments_of(method, path)
        if method == "POST":
            headers = {**arguments.pop("headers", {}), "Idempotency-Key": "everybody-takes-this"}
            arguments["headers"] = headers
        who.request(method, path_of(method, path), **arguments)
    return set(store.keys_asked)


def test_no_key_in_common(
    elsewhere: Callable[[str], Caller], populated: Cloud, store: ListeningRedis
) -> None:
    """Two projects have no key of the cache in common, except those of the follower itself."""
    mine, theirs = asked_by(elsewhere("member"), store), asked_by(elsewhere("other"), store)
    assert len(mine) > 3
    assert len(theirs) > 3
    assert mine & theirs == FOLLOWER


def test_no_answer_in_common(
    elsewhere: Callable[[str], Caller], populated: Cloud, store: ListeningRedis
) -> None:
    """Two members of one project have the project's catalogues, keypairs and record, and no more.

    The record of instances is read with a list that Nova answers with the caller's own token.
    """
    mine = asked_by(elsewhere("member"), store)
    colleagues = asked_by(elsewhere("colleague"), store)
    kinds = {key.split(":")[1] for key in mine & colleagues}
    expected = {"events", "flavor-ids", "keypairs", "keypairs-generation", "lists-generation"}
    assert kinds == expected | RECORDS
