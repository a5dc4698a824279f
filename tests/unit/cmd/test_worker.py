"""The worker: one round on a faked wire, and what it leaves alone."""

import datetime
import threading
import time
from typing import Any

import pytest
import requests
from oslo_config import cfg

from kic_vm import deploy
from kic_vm.cmd import worker
from kic_vm.metrics.registry import REGISTRY
from tests.unit.bodies import PORT, SERVER
from tests.unit.cloud import Cloud
from tests.unit.personas import GATEWAY, token_of

JSON = dict[str, Any]
SERVERS = "/servers/detail?all_tenants=1&status=VERIFY_RESIZE"
PORTS = "/ports?description=Made+by+kic-vm+for+an+instance"
RESIZED = {"OS-EXT-STS:vm_state": "resized", "OS-EXT-STS:power_state": 4}
LONG_AGO = "2020-01-01T00:00:00Z"
GONE = "00000000-79d8-4fac-972d-2c98044d8678"


@pytest.fixture
def options(request: pytest.FixtureRequest) -> str:
    return str(getattr(request, "param", ""))


def run(conf: cfg.ConfigOpts) -> None:
    worker.work(deploy.load_platform(conf), threading.Event(), is_once=True)


@pytest.fixture
def quiet(populated: Cloud) -> Cloud:
    """Nothing to do."""
    populated.answer("GET", "nova", SERVERS, {"servers": []})
    populated.answer("GET", "neutron", PORTS, {"ports": []})
    return populated


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


def now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("changes", "meanwhile", "is_removed"),
    [
        ({"device_id": "", "updated_at": LONG_AGO}, {}, True),
        ({"device_id": "", "updated_at": now()}, {}, False),
        ({"device_id": SERVER["id"], "updated_at": LONG_AGO}, {}, False),
        ({"device_id": GONE, "updated_at": LONG_AGO}, {}, True),
        ({"device_id": GONE, "updated_at": now()}, {}, False),
        ({"device_id": GONE, "updated_at": LONG_AGO}, {"device_id": SERVER["id"]}, False),
        ({"device_id": GONE, "updated_at": LONG_AGO, "device_owner": "network:dhcp"}, {}, False),
        ({"device_id": "", "updated_at": LONG_AGO}, {"device_id": SERVER["id"]}, False),
    ],
)
def test_ports(
    conf: cfg.ConfigOpts, quiet: Cloud, changes: JSON, meanwhile: JSON, is_removed: bool
) -> None:
    """One that has long belonged to no instance goes; one that got an instance meanwhile stays."""
    path = f"/ports/{PORT['id']}"
    quiet.answer("GET", "neutron", PORTS, {"ports": [PORT | changes]})
    quiet.answer("GET", "neutron", path, {"port": PORT | changes | meanwhile})
    quiet.answer("GET", "nova", "/servers?all_tenants=1", {"servers": [{"id": SERVER["id"]}]})
    quiet.answer("DELETE", "neutron", path, status=204)
    run(conf)
    assert quiet.writes() == ([f"DELETE neutron {path}"] if is_removed else [])


def test_port_that_another_worker_removed(conf: cfg.ConfigOpts, quiet: Cloud) -> None:
    """It is no failure."""
    changes = {"device_id": "", "updated_at": LONG_AGO}
    quiet.answer("GET", "neutron", PORTS, {"ports": [PORT | changes]})
    quiet.answer("GET", "neutron", f"/ports/{PORT['id']}", {}, 404)
    run(conf)
    assert quiet.writes() == []


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
