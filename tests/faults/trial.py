# SPDX-License-Identifier: Apache-2.0
"""One trial: a POST whose answer does not come, and its retries with the same key.

OpenStack is asked before and after what it has, around the gateway.
"""

import collections
import concurrent.futures
import dataclasses
import random
import time
import uuid
from typing import Any, Final

import requests

from tests.faults.answers import shown
from tests.faults.inventory import Inventory
from tests.faults.lane import UPSTREAM_SECONDS
from tests.faults.outcomes import BLOCKED_SECONDS, WITHOUT_KEY, Outcome, Reference
from tests.faults.posts import Post, Prepared
from tests.faults.rows import resource_in
from tests.faults.rules import WRITES, Rule
from tests.faults.workspace import Workspace
from tests.functional.client import Client

JSON = dict[str, Any]

RETRIES: Final = 10  # side by side
_GIVE_UP_SECONDS: Final = BLOCKED_SECONDS + 5
_PAUSE_SECONDS: Final = 1.0
_SETTLE_SECONDS: Final = 60
_AGREEMENT_SECONDS: Final = 0.5
_LATE_SECONDS: Final = UPSTREAM_SECONDS + 3
_REACH_SECONDS: Final = 30
_HEADER: Final = "Idempotency-Key"
_IN_PROGRESS: Final = "idempotency_in_progress"
# Things that have the same id in the gateway's answer and in OpenStack.
_IDENTIFIED: Final = frozenset(
    {
        "server",
        "volume",
        "snapshot",
        "image",
        "floating IP",
        "port",
        "security group",
        "security group rule",
        "network",
        "subnet",
    }
)


@dataclasses.dataclass(frozen=True)
class Trouble:
    """What happens to one upstream call of the first request.

    :param kind: of the fault
    :param is_killed: the gateway is killed once the service has done it
    :param is_random: the gateway is killed at any moment of the request; no upstream call fails
    :param is_flushed: Redis loses everything before the retries
    """

    name: str
    kind: str
    seconds: float = 0
    is_killed: bool = False
    is_flushed: bool = False
    is_random: bool = False


TROUBLES: Final = (
    Trouble("lost", "lost"),
    Trouble("lie", "lie"),
    Trouble("late answer", "late", _LATE_SECONDS),
    Trouble("late request", "latency", _LATE_SECONDS),
    Trouble("killed", "late", 600, is_killed=True),
    Trouble("lost, flushed", "lost", is_flushed=True),
    Trouble("killed, flushed", "late", 600, is_killed=True, is_flushed=True),
    Trouble("killed at random", "late", 0, is_killed=True, is_random=True),
)
WITHOUT_ANSWER: Final = TROUBLES[:3]
"""Those that a request without a key meets."""


@dataclasses.dataclass(frozen=True)
class _Answer:
    shown: str
    body: Any = None
    retry_after: float | None = None

    @property
    def is_in_progress(self) -> bool:
        return self.shown == f"409 {_IN_PROGRESS}"

    @property
    def is_final(self) -> bool:
        return self.shown[0] in "24" and not self.is_in_progress

    @property
    def is_outcome_told(self) -> bool:
        error = self.body.get("error") if isinstance(self.body, dict) else None
        return isinstance(error, dict) and error.get("outcome") == "unknown"

    def made_id(self) -> str | None:
        """The id of what the answer shows."""
        if self.shown[0] != "2":
            return None
        resource = resource_in(self.body)
        return resource.get("id") or resource.get("volume_id")


def _ask(client: Client, prepared: Prepared, key: str | None) -> _Answer:
    headers = {_HEADER: key} if key else {}
    body = {} if prepared.body is None else {"json": prepared.body}
    try:
        response = client.request("POST", prepared.path, headers=headers, **body)
    except requests.RequestException:
        return _Answer("no answer")
    try:
        content = response.json()
    except requests.exceptions.JSONDecodeError:
        content = None
    after = response.headers.get("Retry-After")
    return _Answer(shown(response), content, float(after) if after else None)


def reference(work: Workspace, post: Post) -> Reference:
    """Do a request without a fault, and see what that changes."""
    work.restore()
    prepared = post.prepare(work)
    before = work.lane.reader.read_settled(_SETTLE_SECONDS)
    # No fault: it only counts the calls that it is about.
    rule = Rule("late", methods=WRITES, is_login_spared=True, parameters={"seconds": 0})
    with work.lane.proxy.fault(rule):
        started = time.monotonic()
        answer = _ask(work.lane.client(), prepared, str(uuid.uuid4()))
        seconds = time.monotonic() - started
    after = work.lane.reader.read_settled(_SETTLE_SECONDS, _AGREEMENT_SECONDS)
    difference = after.difference(before)
    return Reference(
        difference=difference.described(),
        made=difference.come[post.thing],
        writes=len(rule.met),
        status=int(answer.shown[:3]),
        seconds=seconds,
    )


def run(work: Workspace, post: Post, known: Reference, trouble: Trouble, number: int) -> Outcome:
    """Have trouble with one of the upstream calls, and retry.

    :param number: of the trial; it chooses among the upstream calls that change something
    """
    lane = work.lane
    work.restore()
    prepared = post.prepare(work)
    before = lane.reader.read_settled(_SETTLE_SECONDS)
    key = str(uuid.uuid4())
    rule = _rule(trouble, (number + TROUBLES.index(trouble)) % known.writes)
    with concurrent.futures.ThreadPoolExecutor(1) as pool, lane.proxy.fault(rule):
        asked = pool.submit(_ask, lane.client(), prepared, key)
        if trouble.is_random:
            time.sleep(random.uniform(0, known.seconds))  # noqa: S311 - not secret
            lane.kill_gateway()
        elif trouble.is_killed and rule.was_done.wait(_REACH_SECONDS):
            lane.kill_gateway()
        first = asked.result()
        started = time.monotonic()
        if trouble.is_killed:
            lane.restart_gateway()
        if trouble.is_flushed:
            lane.store.flushall()
        answers = _retry(work, prepared, key, started)
    lane.proxy.wait_until_idle(_LATE_SECONDS)
    after = lane.reader.read_settled(_SETTLE_SECONDS, _AGREEMENT_SECONDS)
    return _outcome(post, known, trouble.name, rule, first, answers, before, after)


def without_key(
    work: Workspace, post: Post, known: Reference, trouble: Trouble, number: int
) -> Outcome:
    """Have trouble with a request that has no key, and is not retried."""
    lane = work.lane
    work.restore()
    prepared = post.prepare(work)
    before = lane.reader.read_settled(_SETTLE_SECONDS)
    rule = _rule(trouble, number % known.writes)
    with lane.proxy.fault(rule):
        first = _ask(lane.client(), prepared, None)
    lane.proxy.wait_until_idle(_LATE_SECONDS)
    after = lane.reader.read_settled(_SETTLE_SECONDS, _AGREEMENT_SECONDS)
    return _outcome(post, known, WITHOUT_KEY, rule, first, [], before, after)


def _outcome(
    post: Post,
    known: Reference,
    trouble: str,
    rule: Rule,
    first: _Answer,
    answers: list[tuple[_Answer, float]],
    before: Inventory,
    after: Inventory,
) -> Outcome:
    difference = after.difference(before)
    made_ids = {made for answer, _blocked in answers if (made := answer.made_id())}
    return Outcome(
        trouble=trouble,
        faulted=_without_ids(rule.met[0]) if rule.met else "",
        first=first.shown,
        is_outcome_told=first.is_outcome_told,
        retries=dict(collections.Counter(answer.shown for answer, _blocked in answers)),
        answered_ids=len(made_ids),
        absent_ids=len(made_ids - after.ids()) if post.thing in _IDENTIFIED else 0,
        blocked_seconds=round(max((blocked for _answer, blocked in answers), default=0.0), 1),
        made=difference.come[post.thing],
        expected_made=known.made,
        difference=difference.described(),
        expected=known.difference,
        is_conclusive=not after.has_cinder_race and bool(rule.met),
    )


def _rule(trouble: Trouble, skip: int) -> Rule:
    return Rule(
        trouble.kind,
        methods=WRITES,
        is_login_spared=True,
        skip=0 if trouble.is_random else skip,
        count=None if trouble.is_random else 1,
        parameters={"seconds": trouble.seconds},
    )


def _retry(
    work: Workspace, prepared: Prepared, key: str, started: float
) -> list[tuple[_Answer, float]]:
    """The last answer to each retry, and how long it took since the first request ended."""
    clients = [work.lane.client() for _number in range(RETRIES)]

    def persist(client: Client) -> tuple[_Answer, float]:
        while True:
            answer = _ask(client, prepared, key)
            blocked = time.monotonic() - started
            if answer.is_final or blocked > _GIVE_UP_SECONDS:
                return answer, blocked
            time.sleep(answer.retry_after or _PAUSE_SECONDS)

    with concurrent.futures.ThreadPoolExecutor(RETRIES) as pool:
        return list(pool.map(persist, clients))


def _without_ids(request: str) -> str:
    method, target = request.split(" ")
    path = target.partition("?")[0]
    parts = ["{id}" if len(part) >= 32 else part for part in path.split("/")]
    return f"{method} {'/'.join(parts)}"
