"""The worker: one round on a faked wire, and what it leaves alone."""

import threading
import time
from typing import Any

import pytest
import requests
from oslo_config import cfg

from kic_vm import deploy
from kic_vm.cmd import worker
from kic_vm.metrics.registry import REGISTRY
from tests.unit.bodies import SERVER
from tests.unit.cloud import Cloud
from tests.unit.cmd.rounds import SERVERS, run
from tests.unit.personas import GATEWAY, token_of

JSON = dict[str, Any]
RESIZED = {"OS-EXT-STS:vm_state": "resized", "OS-EXT-STS:power_state": 4}


@pytest.fixture
def options(request: pytest.FixtureRequest) -> str:
    return str(getattr(request, "param", ""))


def test_nothing_to_do(conf: cfg.ConfigOpts, quiet: Cloud) -> None:
    """Two questions, and what the keypair indexes need; nothing is changed."""
    run(conf)
    others = [call for call in quiet.calls() if "keystone" not in call and "keypair" not in call]
    assert len(others) == 2
    assert quiet.writes() == []


def test_resizes(conf: cfg.ConfigOpts, quiet: Cloud) -> None:
    """Those of stopped instances are confirmed, in the gateway's own name."""
    ids = [f"{number:08d}-79d8-4fac-972d-2c98044d8678" for number in range(3)]
    servers = [
        SERVER | RESIZED | {"id": ids[0]},
        SERVER | RESIZED | {"id": ids[1], "OS-EXT-STS:power_state": 1},
        SERVER | RESIZED | {"id": ids[2], "OS-EXT-STS:task_state": "resize_reverting"},
    ]
    quiet.answer("GET", "nova", SERVERS, {"servers": servers})
    quiet.answer("POST", "nova", f"/servers/{ids[0]}/action", status=204)
    run(conf)
    (sent,) = quiet.sent("nova", "POST")
    assert sent.json() == {"confirmResize": None}
    assert sent.headers["X-Auth-Token"] == token_of(GATEWAY)
    assert quiet.writes() == [f"POST nova /servers/{ids[0]}/action"]


@pytest.mark.parametrize("options", ["[resize]\nconfirmation = manual\n"], indirect=True)
def test_manual(conf: cfg.ConfigOpts, quiet: Cloud) -> None:
    """Where nothing is confirmed by itself, Nova is not even asked."""
    run(conf)
    assert [call for call in quiet.calls() if "/servers" in call] == []


def test_failing_service(conf: cfg.ConfigOpts, quiet: Cloud, lines: list[str]) -> None:
    """What fails is logged, and the rest of the round takes place."""
    quiet.answer("GET", "nova", SERVERS, exc=requests.exceptions.ConnectionError)
    run(conf)
    assert [line for line in lines if "goes without confirm_resizes" in line]
    assert len(quiet.sent("neutron")) == 1


def test_stop(conf: cfg.ConfigOpts, quiet: Cloud) -> None:
    """Told to stop it ends, without waiting for its interval."""
    stopped = threading.Event()
    thread = threading.Thread(target=worker.work, args=(deploy.load_platform(conf), stopped))
    thread.start()
    stopped.set()
    thread.join(timeout=5)
    assert not thread.is_alive()


class TestMetrics:
    """A worker that serves metrics."""

    @pytest.fixture
    def options(self) -> str:
        return "[metrics]\nworker_port = 9789\n"

    def test_instances(self, conf: cfg.ConfigOpts, quiet: Cloud) -> None:
        """It counts all instances by documented state, those in no state included."""
        servers = [SERVER, SERVER, SERVER | RESIZED]
        quiet.answer("GET", "nova", "/servers/detail?all_tenants=1", {"servers": servers})
        quiet.answer("GET", "nova", SERVERS, {"servers": []})
        run(conf)
        shown = {
            sample.labels["state"]: sample.value
            for metric in REGISTRY.collect()
            for sample in metric.samples
            if sample.name == "kic_vm_instances"
        }
        assert len(shown) == 26
        assert {state: number for state, number in shown.items() if number} == {
            "Active": 2,
            "Resized": 1,
        }

    def test_jobs(self, conf: cfg.ConfigOpts, quiet: Cloud) -> None:
        """A job that fails counts as failed, and the round has its time."""
        labels = {"job": "confirm_resizes", "result": "failed"}
        name = "kic_vm_worker_job_duration_seconds_count"
        before = REGISTRY.get_sample_value(name, labels) or 0
        quiet.answer("GET", "nova", SERVERS, status=503)
        run(conf)
        assert REGISTRY.get_sample_value(name, labels) == before + 1
        ended = REGISTRY.get_sample_value("kic_vm_worker_round_timestamp_seconds")
        assert time.time() - (ended or 0) < 60


def test_no_metrics(conf: cfg.ConfigOpts, quiet: Cloud) -> None:
    """A worker that serves none does not ask for all instances."""
    run(conf)
    assert [call for call in quiet.calls() if call.endswith("detail?all_tenants=1")] == []
