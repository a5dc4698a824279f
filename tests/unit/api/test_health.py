# SPDX-License-Identifier: Apache-2.0
"""Whether the gateway lives, and whether it can work."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

import pytest
import requests
from oslo_config import cfg

from kic_vm import deploy, exceptions
from kic_vm.operations.checks import readiness as module
from kic_vm.operations.checks.readiness import Readiness
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.personas import GATEWAY, token_of

JSON = dict[str, Any]
NAMES = {
    "nova": "compute",
    "cinder": "block-storage",
    "glance": "image",
    "neutron": "network",
}


def unready(anybody: Caller) -> JSON:
    """The services of a report of 503, after a look at its envelope."""
    response = anybody.get("/readiness")
    refusal(response, 503, "not_ready", "ready", "services")
    assert response.json["ready"] is False
    assert response.headers["Cache-Control"] == "no-store"
    services: JSON = response.json["services"]
    return services


def test_alive(anybody: Caller, cloud: Cloud) -> None:
    """It lives as long as it answers; nothing behind it is asked."""
    cloud.take_down("keystone")
    response = anybody.get("/healthcheck")
    assert (response.status_code, response.json) == (200, {"status": "ok"})


def test_ready(anybody: Caller, populated: Cloud) -> None:
    """Every service is there by name, with the time it took, asked with the gateway's token."""
    response = anybody.get("/readiness")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert response.json["ready"] is True
    services = response.json["services"]
    assert set(services) == {"keystone", *NAMES}
    for report in services.values():
        assert report["ok"] is report["required"] is True
        assert report["problem"] is None
        assert report["time_ms"] >= 0
    sent = [request for service in NAMES for request in populated.sent(service)]
    assert {request.headers["X-Auth-Token"] for request in sent} == {token_of(GATEWAY)}


@pytest.mark.parametrize("service", NAMES)
def test_service_down(anybody: Caller, populated: Cloud, service: str) -> None:
    """It is 503, and the one that is down is named, without its address."""
    populated.take_down(service)
    services = unready(anybody)
    assert [name for name, report in services.items() if not report["ok"]] == [service]
    assert NAMES[service] in services[service]["problem"]
    assert ".test" not in str(services)


def test_named_in_the_message(anybody: Caller, populated: Cloud) -> None:
    """The sentence names Cinder when Cinder is stopped."""
    populated.take_down("cinder")
    assert "cinder" in anybody.get("/readiness").json["error"]["message"]


def test_keystone_down(anybody: Caller, populated: Cloud) -> None:
    """Without Keystone nothing can be asked, and it is Keystone that is named."""
    populated.take_down("keystone")
    services = unready(anybody)
    assert services["keystone"]["ok"] is False
    assert {services[name]["ok"] for name in NAMES} == {None}
    assert "log in" in services["nova"]["problem"]
    message = anybody.get("/readiness").json["error"]["message"]
    assert message == "Not ready: keystone cannot be used at the moment."


@pytest.mark.parametrize("text", ["<html>It works!</html>", "", "{", "[]", "{}"])
@pytest.mark.parametrize(
    ("service", "path"),
    [
        ("keystone", "/auth/tokens"),
        ("nova", "/flavors?limit=1"),
        ("cinder", "/types?limit=1"),
        ("glance", "/images?limit=1"),
        ("neutron", "/networks?limit=1&fields=id"),
    ],
)
def test_nonsense(
    conf: cfg.ConfigOpts, populated: Cloud, service: str, path: str, text: str
) -> None:
    """A service that answers 200 with something else than its API documents is not up."""
    populated.answer("GET", service, path, text=text)
    services = Readiness(deploy.load_app_state(conf)).report()["services"]
    assert [name for name, report in services.items() if report["ok"] is not True] == [service]


@pytest.mark.parametrize("text", ["<html>", ""])
def test_login_with_nonsense(anybody: Caller, populated: Cloud, text: str) -> None:
    """When the gateway cannot log in, it is Keystone that is broken, and no other service."""
    populated.answer("POST", "keystone", "/auth/tokens", text=text, status=201)
    services = unready(anybody)
    assert [name for name, report in services.items() if report["ok"] is False] == ["keystone"]


@pytest.mark.parametrize(
    "kwargs", [{"status": 500}, {"status": 401}, {"exc": requests.exceptions.ReadTimeout}]
)
def test_service_failing(anybody: Caller, populated: Cloud, kwargs: JSON) -> None:
    """An answer that is none counts as down."""
    populated.answer("GET", "cinder", "/types?limit=1", **kwargs)
    assert unready(anybody)["cinder"]["ok"] is False


def test_answer_is_kept(anybody: Caller, populated: Cloud) -> None:
    """Asking often does not load the services."""
    anybody.get("/readiness")
    populated.forget()
    populated.take_down("cinder")
    assert anybody.get("/readiness").status_code == 200
    assert populated.calls() == []


class TestWithoutKeeping:
    """[api] readiness_cache_time = 0."""

    @pytest.fixture
    def options(self) -> str:
        return "[api]\nreadiness_cache_time = 0"

    def test_fresh(self, anybody: Caller, populated: Cloud) -> None:
        """Each answer is a new look."""
        assert anybody.get("/readiness").status_code == 200
        populated.take_down("cinder")
        assert anybody.get("/readiness").status_code == 503


def test_hanging_service(
    conf: cfg.ConfigOpts, populated: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that does not answer delays no report once there was one, and is shown."""
    app_state = deploy.load_app_state(conf)
    released, asked = threading.Event(), threading.Semaphore(0)

    def hang() -> None:
        asked.release()
        assert released.wait(20)
        raise exceptions.UpstreamTimeout("image")

    conf.set_override("readiness_cache_time", 0, "api")
    readiness = Readiness(app_state)
    assert readiness.report()["ready"] is True
    monkeypatch.setitem(readiness._checks, "glance", hang)
    assert readiness.report()["services"]["glance"]["ok"] is True  # not known yet
    assert asked.acquire(timeout=20)
    released.set()
    while readiness.report()["ready"]:
        pass
    released.clear()
    report = readiness.report()  # the next question has no answer yet
    assert [name for name, item in report["services"].items() if not item["ok"]] == ["glance"]
    released.set()


def test_reports_side_by_side(
    conf: cfg.ConfigOpts, populated: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of the first reports waits for a service that hangs; the others hold no thread."""
    app_state = deploy.load_app_state(conf)
    released, reports = threading.Event(), 8

    def hang() -> None:
        assert released.wait(60)

    monkeypatch.setattr(module, "_LONGEST_SECONDS", 60.0)
    monkeypatch.setattr(module, "_PATIENCE_SECONDS", 0.01)
    readiness = Readiness(app_state)
    monkeypatch.setitem(readiness._checks, "glance", hang)
    with ThreadPoolExecutor(reports) as pool:
        reporting = [pool.submit(readiness.report) for _ in range(reports)]
        try:
            early = list(itertools.islice(as_completed(reporting, 20), reports - 1))
        finally:
            released.set()
        (last,) = set(reporting) - set(early)
    for one in early:
        glance = one.result()["services"]["glance"]
        assert (glance["ok"], glance["problem"]) == (False, "It has not answered in time.")
        assert glance["time_ms"] < 20_000
    assert last.result()["services"]["glance"]["ok"] is True


class TestRedisDown:
    """[redis] url leads nowhere."""

    @pytest.fixture
    def options(self) -> str:
        return "[redis]\nurl = redis://127.0.0.1:1/0"

    @pytest.fixture
    def store(self) -> None:
        """Redis's own client is used."""

    def test_ready_all_the_same(self, anybody: Caller, populated: Cloud) -> None:
        """It is told, and the gateway is ready: it can work without."""
        response = anybody.get("/readiness")
        assert response.status_code == 200
        report = response.json["services"]["redis"]
        assert (report["ok"], report["required"]) == (False, False)
        assert "127.0.0.1" not in str(report)

    def test_operations(self, member: Caller, populated: Cloud) -> None:
        """Operations work, with memory in the place of Redis."""
        for _ in range(2):
            assert member.get("/api/v1/instances").status_code == 200
        asked = [r for r in populated.tokens_sent("GET") if "X-Subject-Token" in r.headers]
        assert len(asked) == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"body": {}, "status": 401}, "refuses the gateway's own user"),
        ({"body": {}, "status": 403}, "refuses the gateway's own user"),
        ({"exc": requests.exceptions.ConnectionError}, "cannot be reached"),
    ],
)
def test_login_that_fails(
    anybody: Caller, populated: Cloud, answer: dict[str, Any], words: str
) -> None:
    """A refusal of the gateway's user and an unreachable Keystone are different sentences."""
    populated.answer("POST", "keystone", "/auth/tokens", **answer)
    assert words in unready(anybody)["keystone"]["problem"]
