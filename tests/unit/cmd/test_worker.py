# SPDX-License-Identifier: Apache-2.0
"""The worker: one round on a faked wire, and what it leaves alone."""

import datetime
import threading
import time
from functools import partial
from typing import Any

import pytest
import requests
from oslo_config import cfg

from kic_vm import deploy
from kic_vm.cmd import worker
from kic_vm.metrics.registry import REGISTRY
from kic_vm.operations.worker import upkeep
from tests.unit.bodies import SERVER
from tests.unit.cloud import Cloud
from tests.unit.cmd.rounds import SERVERS, run
from tests.unit.metrics.samples import Difference, sample
from tests.unit.personas import GATEWAY, token_of

JSON = dict[str, Any]
RESIZED = {"OS-EXT-STS:vm_state": "resized", "OS-EXT-STS:power_state": 4}
ON = {"OS-EXT-STS:power_state": 1}
GONE = "00000000-79d8-4fac-972d-2c98044d8678"


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
        SERVER | RESIZED | ON | {"id": ids[1], "OS-SRV-USG:launched_at": now()},
        SERVER | RESIZED | {"id": ids[2], "OS-EXT-STS:task_state": "resize_reverting"},
    ]
    serve_resized(quiet, *servers)
    run(conf)
    (sent,) = quiet.sent("nova", "POST")
    assert sent.json() == {"confirmResize": None}
    assert sent.headers["X-Auth-Token"] == token_of(GATEWAY)
    assert quiet.writes() == [f"POST nova /servers/{ids[0]}/action"]


def serve_resized(cloud: Cloud, *servers: JSON) -> None:
    """Nova lists these, shows each, and takes an action on each."""
    cloud.answer("GET", "nova", SERVERS, {"servers": list(servers)})
    for server in servers:
        cloud.answer("GET", "nova", f"/servers/{server['id']}", {"server": server})
        cloud.answer("POST", "nova", f"/servers/{server['id']}/action", status=204)


@pytest.mark.parametrize(
    "options",
    [
        "[resize]\nconfirmation = manual\nconfirm_window = 0\n",
        # The only gateway process confirms, and shares nothing with the worker.
        "[api]\nworkers = 1\n",
    ],
    indirect=True,
)
def test_no_confirmation(conf: cfg.ConfigOpts, quiet: Cloud) -> None:
    """Where the worker confirms nothing by itself, Nova is not even asked."""
    run(conf)
    assert [call for call in quiet.calls() if "/servers" in call] == []


@pytest.mark.parametrize(
    ("options", "hours", "is_confirmed"),
    [
        ("", 2, True),
        ("", 0, False),
        ("[resize]\nconfirmation = manual\n", 2, True),
        ("[resize]\nconfirmation = manual\n", 0, False),
        ("[resize]\nconfirm_window = 0\n", 2, False),
        ("[resize]\nconfirmed_by = worker\n[api]\nworkers = 1\n", 2, True),
    ],
    indirect=["options"],
)
def test_confirm_window(
    conf: cfg.ConfigOpts, quiet: Cloud, hours: float, is_confirmed: bool
) -> None:
    """A resize of a running instance is confirmed when its time is over, also if manual."""
    waiting_since = {"OS-SRV-USG:launched_at": now(-hours)}
    serve_resized(quiet, SERVER | RESIZED | ON | waiting_since)
    run(conf)
    assert len(quiet.writes()) == is_confirmed


def test_reverted_meanwhile(conf: cfg.ConfigOpts, quiet: Cloud) -> None:
    """A resize that began after the list was made is not confirmed by it."""
    serve_resized(quiet, SERVER | RESIZED)
    again = SERVER | RESIZED | ON | {"OS-SRV-USG:launched_at": now()}
    quiet.answer("GET", "nova", f"/servers/{SERVER['id']}", {"server": again})
    run(conf)
    assert quiet.writes() == []


@pytest.mark.parametrize("status", [404, 503])
def test_gone_meanwhile(conf: cfg.ConfigOpts, quiet: Cloud, status: int) -> None:
    """A server that Nova does not show any more stops no round."""
    other = SERVER | RESIZED | {"id": GONE}
    serve_resized(quiet, SERVER | RESIZED, other)
    quiet.answer("GET", "nova", f"/servers/{SERVER['id']}", {}, status)
    run(conf)
    assert quiet.writes() == [f"POST nova /servers/{GONE}/action"]


def now(hours: float = 0) -> str:
    time = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=hours)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_failing_service(conf: cfg.ConfigOpts, quiet: Cloud, lines: list[str]) -> None:
    """What fails is logged, and the rest of the round takes place."""
    quiet.answer("GET", "nova", SERVERS, exc=requests.exceptions.ConnectionError)
    run(conf)
    assert [line for line in lines if "Job confirm_resizes failed" in line]
    assert len(quiet.sent("neutron")) == 1


@pytest.mark.parametrize("field", sorted(SERVER | RESIZED))
def test_server_without_a_field(
    conf: cfg.ConfigOpts, quiet: Cloud, lines: list[str], field: str
) -> None:
    """A server that cannot be read stops no other resize, and no other job."""
    broken = {name: value for name, value in (SERVER | RESIZED).items() if name != field}
    serve_resized(quiet, SERVER | RESIZED | {"id": GONE})
    quiet.answer("GET", "nova", SERVERS, {"servers": [broken, SERVER | RESIZED | {"id": GONE}]})
    run(conf)
    assert f"POST nova /servers/{GONE}/action" in quiet.writes()
    assert len(quiet.sent("neutron")) == 1
    assert [line for line in lines if "Unexpected error" in line] == []


@pytest.mark.parametrize("failing", list(upkeep._jobs()))
def test_failing_job(
    conf: cfg.ConfigOpts,
    cloud: Cloud,
    lines: list[str],
    monkeypatch: pytest.MonkeyPatch,
    failing: str,
) -> None:
    """An unexpected error in one job stops no other one; the job counts as failed."""
    done = []

    def work(name: str, _services: Any) -> None:
        if name == failing:
            raise KeyError("id")
        done.append(name)

    jobs = {name: partial(work, name) for name in upkeep._jobs()}
    monkeypatch.setattr(upkeep, "_jobs", lambda: jobs)
    services = worker.gateway_services(deploy.load_app_state(conf))
    assert upkeep.run(services) == [failing]
    assert done == [name for name in jobs if name != failing]
    (line,) = [line for line in lines if f"Job {failing} failed" in line]
    assert "KeyError: 'id'" in line


def test_stop(conf: cfg.ConfigOpts, quiet: Cloud) -> None:
    """Told to stop it ends, without waiting for its interval."""
    stopped = threading.Event()
    thread = threading.Thread(target=worker.work, args=(deploy.load_app_state(conf), stopped))
    thread.start()
    stopped.set()
    thread.join(timeout=5)
    assert not thread.is_alive()


def values_by_state(name: str) -> dict[str, float]:
    """The values of a metric by documented state."""
    return {
        sample.labels["state"]: sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name == name
    }


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
        shown = values_by_state("kic_vm_instances")
        assert len(shown) == 26
        assert {state: number for state, number in shown.items() if number} == {
            "Active": 2,
            "Resized": 1,
        }

    def test_oldest(self, conf: cfg.ConfigOpts, quiet: Cloud) -> None:
        """It shows how long Nova has not changed the oldest instance of a transitional state."""
        stopping = {"OS-EXT-STS:task_state": "powering-off"}
        servers = [
            SERVER | stopping | {"updated": now(-1)},
            SERVER | stopping | {"updated": now(-2)},
            SERVER | {"updated": now(-100)},
        ]
        quiet.answer("GET", "nova", "/servers/detail?all_tenants=1", {"servers": servers})
        quiet.answer("GET", "nova", SERVERS, {"servers": []})
        run(conf)
        shown = values_by_state("kic_vm_instances_oldest_seconds")
        assert "Active" not in shown
        assert {state for state, seconds in shown.items() if seconds} == {"Powering-off"}
        assert 7200 <= shown["Powering-off"] < 7300

    def test_resized(self, conf: cfg.ConfigOpts, quiet: Cloud) -> None:
        """It shows how long a resized instance has waited, and how long it may wait."""
        waiting = SERVER | {"OS-EXT-STS:vm_state": "resized", "updated": now(-3)}
        quiet.answer("GET", "nova", "/servers/detail?all_tenants=1", {"servers": [waiting]})
        quiet.answer("GET", "nova", SERVERS, {"servers": []})
        run(conf)
        assert 10800 <= values_by_state("kic_vm_instances_oldest_seconds")["Resized"] < 10900
        window = sample("kic_vm_resize_confirm_window_seconds")
        assert window == conf.resize.confirm_window == 3600

    def test_jobs(self, conf: cfg.ConfigOpts, quiet: Cloud) -> None:
        """A job that fails counts as failed, and the round has its time."""
        name = "kic_vm_worker_job_duration_seconds_count"
        failed = Difference(name, job="confirm_resizes", result="failed")
        quiet.answer("GET", "nova", SERVERS, status=503)
        run(conf)
        assert failed() == 1
        ended = sample("kic_vm_worker_round_timestamp_seconds")
        assert time.time() - ended < 60


def test_no_metrics(conf: cfg.ConfigOpts, quiet: Cloud) -> None:
    """A worker that serves none does not ask for all instances."""
    run(conf)
    assert [call for call in quiet.calls() if call.endswith("detail?all_tenants=1")] == []
