# SPDX-License-Identifier: Apache-2.0
"""Answers of an accepted age, on real services: each of them was true within that age.

KIC_VM_HONEST_READS sets the number of reads of each test.
"""

import bisect
import dataclasses
import logging
import os
import random
import threading
import time
from collections.abc import Callable, Iterator

import openstack
import pytest

from tests.faults.loop import LoopThread
from tests.faults.redis_proxy import FLUSH, SLOW, RedisProxy
from tests.functional.client import Client, Gateway
from tests.functional.instances import Instances
from tests.functional.own_redis import running_redis

LOG = logging.getLogger(__name__)

READS = int(os.environ.get("KIC_VM_HONEST_READS", "200"))
LONGEST = 10
READERS = 4


@dataclasses.dataclass
class Write:
    """A name that an instance got: at some moment between begin and end."""

    name: str
    begin: float
    end: float
    gateway: str | None
    """The URL of the gateway that wrote it; None for Nova's own API."""


class History:
    """The names of one instance, written one after the other."""

    def __init__(self, name: str) -> None:
        self.writes = [Write(name, 0, time.monotonic(), None)]

    def true_between(self, begin: float, end: float) -> set[str]:
        """Every name that the instance may have had at some moment of a period."""
        writes = list(self.writes)
        # The last write that had ended before the period, and all that began within it.
        ends = [one.end for one in writes]
        first = max(0, bisect.bisect_right(ends, begin) - 1)
        return {one.name for one in writes[first:] if one.begin <= end}

    def since_write_by(self, gateways: set[str], sent: float) -> set[str]:
        """The names since the last write by these gateways that had ended when a read was sent."""
        writes = list(self.writes)
        own = [n for n, one in enumerate(writes) if one.gateway in gateways and one.end < sent]
        return {one.name for one in writes[own[-1] if own else 0 :]}


@pytest.fixture(scope="module")
def gateways(start_gateway: Callable[..., Gateway]) -> list[Gateway]:
    """Two gateways that share a Redis."""
    return [start_gateway(), start_gateway()]


@pytest.fixture(scope="module")
def redis_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisProxy]:
    """A Redis of the tests' own, behind a proxy that can make faults."""
    loop = LoopThread()
    with running_redis(tmp_path_factory.mktemp("redis")) as port:
        proxy = RedisProxy(loop, port)
        yield proxy
        proxy.close()
    loop.stop()


@pytest.fixture(scope="module")
def gateways_with_faults(
    redis_proxy: RedisProxy, start_gateway: Callable[..., Gateway]
) -> list[Gateway]:
    """Two gateways whose Redis has faults: one gives up a slow Redis, the other waits for it."""
    return [
        start_gateway(redis={"url": redis_proxy.url, "timeout": timeout, "retry_after": "1"})
        for timeout in ("0.25", "5")
    ]


class Faults(threading.Thread):
    """Flushes the Redis and slows it down at random, until it is stopped."""

    def __init__(self, proxy: RedisProxy) -> None:
        super().__init__()
        self._proxy = proxy
        self.stopped = threading.Event()
        self.counts = {FLUSH: 0, SLOW: 0}

    def run(self) -> None:
        chance = random.Random(19)  # noqa: S311 - which fault comes next is no secret
        while not self.stopped.wait(chance.uniform(1, 4)):
            kind = chance.choice(list(self.counts))
            with self._proxy.fault(kind):
                self.stopped.wait(chance.uniform(0.5, 3))
            self.counts[kind] += 1


class Writer(threading.Thread):
    """Renames instances at random, by Nova and by each gateway, until it is stopped."""

    def __init__(
        self,
        histories: dict[str, History],
        clients: list[Client],
        nova: openstack.connection.Connection,
    ) -> None:
        super().__init__()
        self._histories = histories
        self._clients = clients
        self._nova = nova
        self.stopped = threading.Event()

    def run(self) -> None:
        chance = random.Random(19)  # noqa: S311 - which write comes next is no secret
        number = 0
        while not self.stopped.is_set():
            number += 1
            way = chance.choice([None, *self._clients])
            self._rename(chance.choice(list(self._histories)), f"honest-{number}", way)
            time.sleep(chance.uniform(0, 1.5))

    def _rename(self, instance_id: str, name: str, way: Client | None) -> None:
        write = Write(name, time.monotonic(), float("inf"), way.url if way else None)
        self._histories[instance_id].writes.append(write)
        if way is None:
            self._nova.compute.update_server(instance_id, name=name)
        else:
            body = {"instance": {"name": name}}
            way.request("PUT", f"/api/v1/instances/{instance_id}", json=body).raise_for_status()
        write.end = time.monotonic()


class Reader(threading.Thread):
    """Reads through any gateway with any bound, and notes what was not true."""

    def __init__(
        self,
        number: int,
        histories: dict[str, History],
        clients: list[Client],
        *,
        is_redis_reliable: bool,
    ) -> None:
        super().__init__()
        self._chance = random.Random(number)  # noqa: S311 - as above
        self._histories = histories
        self._clients = clients
        self._is_redis_reliable = is_redis_reliable
        self.problems: list[str] = []
        self.reads = 0
        self.known = 0

    def run(self) -> None:
        for _time in range(READS // READERS):
            self._read(self._chance.choice([0, 0, 1, 2, 5, LONGEST]))
            time.sleep(self._chance.uniform(0, 0.2))

    def _read(self, bound: int) -> None:
        headers = {"Cache-Control": f"max-age={bound}"}
        client, sent = self._chance.choice(self._clients), time.monotonic()
        response = client.request("GET", "/api/v1/instances", headers=headers)
        received = time.monotonic()
        response.raise_for_status()
        self.reads += 1
        age = response.headers.get("Age")
        self.known += age not in {None, "0"}
        if age is not None and (bound == 0 or int(age) > bound):
            self.problems.append(f"bound {bound}: Age {age}")
        # Without Redis, a gateway learns only of its own writes.
        writers = self._clients if self._is_redis_reliable else [client]
        gateways = {writer.url for writer in writers}
        shown = {one["id"]: one["name"] for one in response.json()["instances"]}
        for instance_id, history in self._histories.items():
            name = shown[instance_id]
            if name not in history.true_between(sent - bound, received):
                self.problems.append(f"bound {bound}: {name} was not true any more")
            if name not in history.since_write_by(gateways, sent):
                self.problems.append(f"bound {bound}: {name} is older than a gateway's write")


def read_while_writing(
    gateways: list[Gateway],
    instances: Instances,
    nova: openstack.connection.Connection,
    *,
    is_redis_reliable: bool,
) -> None:
    """Read with many bounds while names change by Nova and by the gateways, and check the reads."""
    clients = [Client(gateway.url, nova.auth_token) for gateway in gateways]
    ids = [instances.make_active()[0], instances.make_active()[0]]
    histories = {one: History(clients[0].get_instance(one)["name"]) for one in ids}
    writer = Writer(histories, clients, nova)
    readers = [
        Reader(number, histories, clients, is_redis_reliable=is_redis_reliable)
        for number in range(READERS)
    ]
    for thread in (writer, *readers):
        thread.start()
    for reader in readers:
        reader.join()
    writer.stopped.set()
    writer.join()
    reads, known = sum(one.reads for one in readers), sum(one.known for one in readers)
    writes = sum(len(history.writes) for history in histories.values())
    LOG.info("%d reads, %d of them known, %d writes", reads, known, writes)
    assert [problem for reader in readers for problem in reader.problems] == []
    assert reads == READS // READERS * READERS
    assert known > reads // 20
    assert writes > 10


def test_honest(
    gateways: list[Gateway],
    instances: Instances,
    cloud: Callable[[str], openstack.connection.Connection],
) -> None:
    """Names change by Nova and by two gateways at random, while others read with many bounds."""
    read_while_writing(gateways, instances, cloud("kic-member"), is_redis_reliable=True)


def test_honest_with_redis_faults(
    gateways_with_faults: list[Gateway],
    redis_proxy: RedisProxy,
    instances: Instances,
    cloud: Callable[[str], openstack.connection.Connection],
) -> None:
    """The same while the Redis is flushed and slow: no answer fails or is older than accepted.

    A gateway still shows its own writes at once, and those of the other one within the age.
    """
    faults = Faults(redis_proxy)
    faults.start()
    try:
        nova = cloud("kic-member")
        read_while_writing(gateways_with_faults, instances, nova, is_redis_reliable=False)
    finally:
        faults.stopped.set()
        faults.join()
    assert min(faults.counts.values()) > 0, faults.counts
