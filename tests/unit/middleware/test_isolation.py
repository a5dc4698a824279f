# SPDX-License-Identifier: Apache-2.0
"""A service that hangs or is down, and everything else that goes on meanwhile."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from oslo_config import cfg

from kic_vm import deploy
from kic_vm.adapters.cloud import Cloud as GatewayCloud
from kic_vm.context import RequestRecord, recording
from tests.unit.bodies import body
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.personas import token_of
from tests.unit.requests_of import arguments_of

TYPES = "/api/v1/volumes/types"
VOLUMES = "/api/v1/volumes"
IMAGES = "/api/v1/images"
PLACES = 4
SECONDS = 20


@pytest.fixture
def cloud_of_gateway(monkeypatch: pytest.MonkeyPatch, conf: cfg.ConfigOpts) -> GatewayCloud:
    """The cloud of the gateway that ``application`` makes."""
    app_state = deploy.load_app_state(conf)
    monkeypatch.setattr(deploy, "load_app_state", lambda *_arguments: app_state)
    return app_state.cloud


class TestBulkhead:
    """[service_user] busy_timeout = 0.05, and few threads."""

    @pytest.fixture
    def options(self) -> str:
        return f"[service_user]\nbusy_timeout = 0.05\n[api]\nthreads = {2 * PLACES}"

    @pytest.fixture
    def gateway(self, cloud_of_gateway: GatewayCloud, application: Any, populated: Cloud) -> Caller:
        """A gateway that has logged in and knows a reader."""
        made = Caller(application, token_of("reader"))
        assert made.get(TYPES).status_code == 200
        assert made.get(IMAGES).status_code == 200
        return made

    @staticmethod
    @contextlib.contextmanager
    def waiting(cloud: GatewayCloud, service: str) -> Iterator[None]:
        """As many requests as may wait for a service."""
        with contextlib.ExitStack() as stack:
            for number in range(PLACES):
                with recording(RequestRecord(f"req-{number}")):
                    stack.enter_context(cloud.guards[service].entered())
            yield

    def test_hanging_service(self, gateway: Caller, cloud_of_gateway: GatewayCloud) -> None:
        """What needs it is refused with its name, and what does not need it goes on."""
        with self.waiting(cloud_of_gateway, "block-storage"):
            for path in (TYPES, VOLUMES, "/api/v1/instances"):
                response = gateway.get(path)
                assert refusal(response, 503, "upstream_busy")["service"] == "block-storage"
                assert response.headers["Retry-After"] == "1"
            assert gateway.get(IMAGES).status_code == 200
            assert gateway.get("/readiness").status_code == 200
        assert gateway.get(TYPES).status_code == 200

    def test_refused_write(
        self, gateway: Caller, cloud_of_gateway: GatewayCloud, member: Caller, populated: Cloud
    ) -> None:
        """A write that is refused was not sent, so its outcome is known."""
        method, path = "POST", VOLUMES
        assert member.get(IMAGES).status_code == 200
        populated.forget()
        with self.waiting(cloud_of_gateway, "block-storage"):
            response = member.post(path, **arguments_of(method, path))
        assert "outcome" not in refusal(response, 503, "upstream_busy")
        assert populated.writes() == []

    def test_hanging_keystone(
        self, gateway: Caller, cloud_of_gateway: GatewayCloud, member: Caller
    ) -> None:
        """Tokens that are known go on working; others are refused with Keystone's name."""
        with self.waiting(cloud_of_gateway, "identity"):
            assert refusal(member.get(IMAGES), 503, "upstream_busy")["service"] == "identity"
            assert gateway.get(IMAGES).status_code == 200
        assert member.get(IMAGES).status_code == 200


class TestCircuit:
    """[service_user] circuit_failures = 2, circuit_pause = 0.1."""

    @pytest.fixture
    def options(self) -> str:
        return "[service_user]\ncircuit_failures = 2\ncircuit_pause = 0.1"

    @staticmethod
    def wait_for_circuit(service: str) -> None:
        for thread in threading.enumerate():
            if thread.name == f"circuit-{service}":
                thread.join(SECONDS)

    def test_service_that_is_down(self, member: Caller, populated: Cloud) -> None:
        """It is called no more until it answers the gateway's own question."""
        assert member.get(TYPES).status_code == 200
        down: dict[str, Any] = {"exc": requests.exceptions.ReadTimeout}
        populated.answer("GET", "cinder", "/types", **down)
        populated.answer("GET", "cinder", "/types?limit=1", **down)
        for _time in range(2):
            refusal(member.get(TYPES), 504, "upstream_timeout")
        while "Retry-After" not in (response := member.get(TYPES)).headers:
            refusal(response, 504, "upstream_timeout")  # the question has no answer yet
        assert refusal(response, 503, "upstream_unavailable")["service"] == "block-storage"
        assert member.get(IMAGES).status_code == 200
        populated.answer("GET", "cinder", "/types", body("volume_types"))
        populated.answer("GET", "cinder", "/types?limit=1", body("volume_types"))
        self.wait_for_circuit("block-storage")
        assert member.get(TYPES).status_code == 200

    def test_one_operation_that_fails(self, member: Caller, populated: Cloud) -> None:
        """A service that answers the gateway's question is called by others as before."""
        assert member.get(TYPES).status_code == 200
        populated.fail("GET", "cinder", "/volumes/detail", requests.exceptions.ReadTimeout)
        for _time in range(6):
            refusal(member.get(VOLUMES), 504, "upstream_timeout")
            self.wait_for_circuit("block-storage")
            assert member.get(TYPES).status_code == 200

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 429, 500])
    def test_answers_of_a_service(self, member: Caller, populated: Cloud, status: int) -> None:
        """An answer, of whatever kind, is no sign that a service is down."""
        populated.answer("GET", "cinder", "/types", {}, status)
        populated.fail("GET", "cinder", "/types?limit=1", requests.exceptions.ReadTimeout)
        for _time in range(4):
            assert member.get(TYPES).status_code >= 400
        assert not any(one.name == "circuit-block-storage" for one in threading.enumerate())

    def test_keystone_that_is_down(self, caller: Callable[[str], Caller], populated: Cloud) -> None:
        """A new token is refused at once; one that is known goes on working."""
        assert caller("reader").get(IMAGES).status_code == 200
        populated.take_down("keystone")
        while "Retry-After" not in (response := caller("member").get(IMAGES)).headers:
            refusal(response, 503, "upstream_unavailable")
        populated.forget()
        assert refusal(response, 503, "upstream_unavailable")["service"] == "identity"
        assert caller("reader").get(IMAGES).status_code == 200
        populated.bring_up_keystone()
        self.wait_for_circuit("identity")
        assert caller("member").get(IMAGES).status_code == 200
