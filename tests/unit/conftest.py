# SPDX-License-Identifier: Apache-2.0
"""The whole gateway in front of a faked wire, and a caller for each persona."""

import base64
import gc
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
import requests_mock
from oslo_config import cfg
from werkzeug.routing import Rule
from werkzeug.test import Client, TestResponse

from kic_vm import conf as configuration
from kic_vm import deploy
from kic_vm.cache.lease import Keeper, Lease
from tests.unit.cloud import Cloud
from tests.unit.fake_redis import FakeRedis
from tests.unit.personas import SECRET, token_of
from tests.unit.populated import populate

_IDENTITY = f"""
auth_type = password
auth_url = http://keystone.test/v3
username = kic-vm
password = {SECRET} password
project_name = service
user_domain_name = Default
project_domain_name = Default
"""
_FILE = f"""
[keystone_authtoken]
www_authenticate_uri = http://keystone.test/v3
service_type = kic-vm
service_token_roles_required = true
region_name = RegionOne
{_IDENTITY}
[service_user]
circuit_failures = 0
{_IDENTITY}
"""


class Answer(TestResponse):
    """What the gateway has answered."""

    @property
    def json(self) -> Any:
        """The body, which must be JSON."""
        assert self.is_json, self.text
        return self.get_json()


class Caller:
    """A client with one token, or with none."""

    def __init__(self, application: Any, token: str | None) -> None:
        self._client = Client(application, Answer)
        self.token = token

    def request(self, method: str, path: str, **kwargs: Any) -> Answer:
        """Send a request; keywords are werkzeug's (json, data, headers, query_string, ...)."""
        headers = dict(kwargs.pop("headers", {}))
        if self.token is not None:
            headers.setdefault("X-Auth-Token", self.token)
        answer = self._client.open(path, method=method, headers=headers, **kwargs)
        assert isinstance(answer, Answer)
        return answer

    def get(self, path: str, **kwargs: Any) -> Answer:
        return self.request("GET", path, **kwargs)

    def post(self, path: str, **kwargs: Any) -> Answer:
        return self.request("POST", path, **kwargs)

    def put(self, path: str, **kwargs: Any) -> Answer:
        return self.request("PUT", path, **kwargs)

    def delete(self, path: str, **kwargs: Any) -> Answer:
        return self.request("DELETE", path, **kwargs)


@pytest.fixture(autouse=True)
def lines() -> Iterator[list[str]]:
    """Every line that is logged, as an operator with ``debug = True`` gets them: no secrets."""
    found: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: found.append(_formatted(record))  # type: ignore[method-assign]
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield found
    root.removeHandler(handler)
    root.setLevel(level)
    encoded = base64.b64encode(SECRET.encode()).decode()
    assert [line for line in found if SECRET in line or encoded in line] == []


def _formatted(record: logging.LogRecord) -> str:
    return logging.Formatter("%(levelname)s %(name)s %(message)s").format(record)


@pytest.fixture(autouse=True)
def processes_end(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No process that a test has suspended or killed renews its leases in later tests."""
    kept: list[tuple[Keeper, Lease]] = []
    keep = Keeper.keep

    def keep_in_this_test(keeper: Keeper, lease: Lease, renew: Callable[[], None]) -> None:
        kept.append((keeper, lease))
        keep(keeper, lease, renew)

    monkeypatch.setattr(Keeper, "keep", keep_in_this_test)
    yield
    for keeper, lease in kept:
        keeper.drop(lease)


@pytest.fixture(scope="session", autouse=True)
def log_levels(config_file: Path) -> None:
    """The levels that oslo.log gives to the libraries."""
    for pair in configuration.load([], str(config_file)).default_log_levels:
        name, _equals, level = pair.partition("=")
        logging.getLogger(name).setLevel(level)


@pytest.fixture(scope="session", autouse=True)
def compiled_routes() -> Iterator[None]:
    """Each route is compiled once: thousands of gateways have the same ones.

    This takes more than half of the time in which a gateway is loaded. What is compiled depends on
    nothing else of the rule than the key.
    """
    compile_builder = Rule._compile_builder
    compiled: dict[Any, Any] = {}

    def compile_once(rule: Rule, append_unknown: bool = True) -> Any:
        key = rule.rule, tuple(rule._trace), repr(rule.defaults), append_unknown
        if key not in compiled:
            compiled[key] = compile_builder(rule, append_unknown)
        return compiled[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", compile_once)
        yield


@pytest.fixture(scope="session")
def config_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration that says who the gateway is, and no more."""
    path = tmp_path_factory.mktemp("conf") / "kic-vm.conf"
    path.write_text(_FILE)
    return path


@pytest.fixture
def options() -> str:
    """What a test's configuration file says beyond that."""
    return ""


@pytest.fixture
def conf(config_file: Path, options: str, tmp_path: Path) -> cfg.ConfigOpts:
    """The gateway's configuration."""
    more = tmp_path / "more.conf"
    more.write_text(options)
    return configuration.load(["--config-file", str(config_file), "--config-file", str(more)])


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> FakeRedis:
    """The Redis that the gateway's processes share, where the options name one."""
    server = FakeRedis()
    monkeypatch.setattr(redis.Redis, "from_url", lambda *_args, **_kwargs: server)
    return server


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """A cloud with a Keystone that knows the personas."""
    with requests_mock.Mocker() as mocker:
        yield Cloud(mocker)


@pytest.fixture
def populated(cloud: Cloud) -> Cloud:
    """The cloud, with a project in it in which everything works."""
    populate(cloud)
    return cloud


@pytest.fixture
def application(conf: cfg.ConfigOpts, store: FakeRedis) -> Any:
    """The whole pipeline, as a server would load it."""
    return deploy.load_app(conf)


@pytest.fixture(scope="session")
def shared_application(config_file: Path) -> Any:
    """One pipeline for tests to which it does not matter what its caches hold."""
    conf = configuration.load([], str(config_file))
    # No token is validated again in the middle of a test that counts calls.
    conf.set_override("token_cache_time", 3600, "keystone_authtoken")
    return deploy.load_app(conf)


@pytest.fixture
def caller(application: Any, cloud: Cloud) -> Callable[[str], Caller]:
    """A caller with a persona's token."""
    return lambda persona: Caller(application, token_of(persona))


@pytest.fixture
def elsewhere(conf: cfg.ConfigOpts, store: FakeRedis, cloud: Cloud) -> Callable[[str], Caller]:
    """A caller with a persona's token, each at a process of the gateway that has just started."""
    return lambda persona: Caller(deploy.load_app(conf), token_of(persona))


@pytest.fixture
def anybody(application: Any, cloud: Cloud) -> Caller:
    """A caller without a token."""
    return Caller(application, None)


@pytest.fixture
def member(caller: Callable[[str], Caller]) -> Caller:
    """A member of the project."""
    return caller("member")


@pytest.fixture
def admin(caller: Callable[[str], Caller]) -> Caller:
    """An admin of the project."""
    return caller("admin")


@pytest.fixture
def reader(caller: Callable[[str], Caller]) -> Caller:
    """A reader of the project."""
    return caller("reader")


def pytest_collection_finish() -> None:
    """Look for garbage cycles less often, as the gateway does: it is a part of the time of all."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
