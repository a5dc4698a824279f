# SPDX-License-Identifier: Apache-2.0
"""A cloud whose resources change while it is followed."""

import contextlib
import datetime
import itertools
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
import redis
from oslo_config import cfg
from redis.client import Pipeline

from kic_vm import deploy
from kic_vm.cmd.worker import gateway_services
from kic_vm.events.model import Event
from kic_vm.events.stream import EventStream
from kic_vm.operations.worker.follower.follower import Follower
from tests.unit.bodies import SERVER, body
from tests.unit.cloud import Cloud
from tests.unit.fake_redis import FakeRedis

JSON = dict[str, Any]
PROJECT: str = SERVER["tenant_id"]
OTHER_PROJECT = "b" * 32
# What only an admin can read.
NOVA_ADMIN = "/servers?status=DELETED"
CINDER_ADMIN = "/os-services"


@pytest.fixture
def options() -> str:
    return f"[redis]\nurl = redis://redis.test/0\nsecret = {'s' * 32}\n"


class ChangingCloud:
    """Nova and Cinder with some servers and volumes, listed as these services list them."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.servers: dict[str, JSON] = {}
        self.volumes: dict[str, JSON] = {}
        self._second = 0
        cloud.answer("GET", "nova", "/servers/detail", json=self._list_servers)
        cloud.answer("GET", "cinder", "/volumes/detail", json=self._list_volumes)
        cloud.answer("GET", "nova", NOVA_ADMIN, {"servers": []})
        cloud.answer("GET", "cinder", CINDER_ADMIN, {"services": []})

    def set_server(
        self,
        server_id: str,
        vm_state: str,
        task_state: str | None = None,
        *,
        project_id: str = PROJECT,
        has_time: bool = True,
    ) -> None:
        """Change a server, or create it."""
        self._second += 1
        now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
        self.servers[server_id] = SERVER | {
            "id": server_id,
            "tenant_id": project_id,
            "flavor": {"id": "m1"},
            "status": {"building": "BUILD", "deleted": "DELETED"}.get(vm_state, "ACTIVE"),
            "OS-EXT-STS:vm_state": vm_state,
            "OS-EXT-STS:task_state": task_state,
            "updated": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "has_time": has_time,
        }

    def set_volume(self, volume_id: str, status: str, size: int = 10) -> None:
        """Change a volume, or create it."""
        now = datetime.datetime.now(datetime.UTC)
        self.volumes[volume_id] = body("volumes")["volumes"][0] | {
            "id": volume_id,
            "status": status,
            "size": size,
            "os-vol-tenant-attr:tenant_id": PROJECT,
            "updated_at": now.strftime("%Y-%m-%dT%H:%M:%S.%f"),
        }
        self.cloud.answer("GET", "cinder", f"/volumes/{volume_id}", json=self._get_volume)

    def remove_server(self, server_id: str) -> None:
        """Have Nova forget a server without a trace in its lists."""
        del self.servers[server_id]
        self.cloud.answer(
            "GET",
            "nova",
            f"/servers/{server_id}",
            {"itemNotFound": {"code": 404, "message": f"Instance {server_id} could not be found."}},
            404,
        )

    def _list_servers(self, request: Any, _context: Any) -> JSON:
        query = parse_qs(request.query)
        assert query["all_tenants"] == ["1"]
        listed = list(self.servers.values())
        if "changes-since" in query:
            listed = [one for one in listed if one["has_time"] and is_after(one["updated"], query)]
        elif "status" in query:
            listed = [one for one in listed if one["status"].lower() == query["status"][0]]
        else:
            listed = [one for one in listed if one["status"] != "DELETED"]
        return {"servers": listed}

    def _list_volumes(self, request: Any, _context: Any) -> JSON:
        assert parse_qs(request.query)["all_tenants"] == ["1"]
        return {"volumes": list(self.volumes.values())}

    def _get_volume(self, request: Any, context: Any) -> JSON:
        volume_id = request.path.rpartition("/")[2]
        volume = self.volumes.get(volume_id)
        context.status_code = 200 if volume else 404
        message = f"Volume {volume_id} could not be found."
        return {"volume": volume} if volume else {"itemNotFound": {"code": 404, "message": message}}


def is_after(stamp: str, query: dict[str, list[str]]) -> bool:
    return stamp.lower() >= query["changes-since"][0]


class RedisSteps:
    """The commands and pipelines that Redis gets; one of them can fail."""

    def __init__(self, store: FakeRedis) -> None:
        self._store = store

    @contextlib.contextmanager
    def failing(self, step: int, *, is_performed: bool) -> Iterator[None]:
        """Lose the answer to a step within the block, or the step itself."""
        steps = itertools.count()
        execute = Pipeline.execute

        def take(perform: Callable[[], Any]) -> None:
            if next(steps) == step:
                if is_performed:
                    perform()
                raise redis.TimeoutError

        def execute_step(pipeline: Any) -> Any:
            take(lambda: execute(pipeline))
            return execute(pipeline)

        self._store.before = lambda *args: take(lambda: self._store.look(*args))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Pipeline, "execute", execute_step)
            yield
        self._store.before = None

    @staticmethod
    @contextlib.contextmanager
    def failing_writes() -> Iterator[None]:
        """Lose what is recorded within the block."""

        def fail(_pipeline: Any) -> None:
            raise redis.TimeoutError

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Pipeline, "execute", fail)
            yield


@pytest.fixture
def redis_steps(store: FakeRedis) -> RedisSteps:
    return RedisSteps(store)


@pytest.fixture
def changing(cloud: Cloud) -> ChangingCloud:
    return ChangingCloud(cloud)


@pytest.fixture
def start_follower(
    conf: cfg.ConfigOpts, stream: EventStream, changing: ChangingCloud
) -> Callable[[], Follower]:
    """A follower of a worker that has just started."""
    return lambda: Follower(deploy.load_app_state(conf), stream, gateway_services)


@pytest.fixture
def follower(start_follower: Callable[[], Follower]) -> Follower:
    return start_follower()


def events(stream: EventStream, project_id: str = PROJECT) -> list[Event]:
    return [event for _position, event in stream.read_oldest(project_id).entries]


def states(stream: EventStream, project_id: str = PROJECT) -> list[str | None]:
    """The states of the events; ``gap`` for a gap."""
    return [event.state or event.type for event in events(stream, project_id)]


def read_all(follower: Follower) -> None:
    """Have the next tick read the complete lists."""
    for source in follower._sources:
        source._next_full = 0
