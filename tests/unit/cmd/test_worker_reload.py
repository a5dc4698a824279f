# SPDX-License-Identifier: Apache-2.0
"""A worker that is reloaded while a service is down."""

import gc
import threading
import weakref
from pathlib import Path

import pytest

from kic_vm import conf as configuration
from kic_vm import deploy, exceptions
from kic_vm.cmd import worker
from kic_vm.operations.request import AppState
from tests.unit.cloud import Cloud
from tests.unit.metrics.samples import sample

SECONDS = 20


@pytest.fixture
def options() -> str:
    return "[service_user]\ncircuit_failures = 2\ncircuit_pause = 0.1\n"


@pytest.fixture
def arguments(config_file: Path, options: str, tmp_path: Path) -> list[str]:
    """Those of the worker."""
    more = tmp_path / "more.conf"
    more.write_text(options)
    return ["--config-file", str(config_file), "--config-file", str(more)]


def open_circuits() -> float:
    return sample("kic_vm_upstream_open_circuits", service="compute")


def probes() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == "circuit-compute"]


def open_circuit(app_state: AppState) -> None:
    """Call Nova until its circuit is open."""
    while open_circuits() == 0:
        with pytest.raises(exceptions.UpstreamError):
            worker.gateway_services(app_state).openstack.compute.list_flavors()


def test_service_that_was_down(arguments: list[str], populated: Cloud) -> None:
    """No probe and no open circuit of the former state is left."""
    app_state = deploy.load_app_state(configuration.load(arguments))
    populated.take_down("nova")
    open_circuit(app_state)
    watchers = probes()
    assert watchers
    reload = worker.Reload(arguments)
    reload.requested.set()
    reload(app_state)
    assert open_circuits() == 0
    for watcher in watchers:
        watcher.join(SECONDS)
    assert probes() == []


def test_memory(arguments: list[str], populated: Cloud) -> None:
    """The former state is freed."""
    app_state = deploy.load_app_state(configuration.load(arguments))
    former = weakref.ref(app_state.cloud)
    reload = worker.Reload(arguments)
    for _state in range(2):  # the context of the last call is kept
        worker.gateway_services(app_state).openstack.compute.list_flavors()
        reload.requested.set()
        app_state = reload(app_state)
    gc.collect()
    assert former() is None


def test_service_that_is_still_down(arguments: list[str], populated: Cloud) -> None:
    """The new state finds that out by itself, and when the service answers again."""
    app_state = deploy.load_app_state(configuration.load(arguments))
    populated.take_down("nova")
    open_circuit(app_state)
    reload = worker.Reload(arguments)
    reload.requested.set()
    app_state = reload(app_state)
    open_circuit(app_state)
    populated.answer("GET", "nova", "/flavors?limit=1", {"flavors": []})
    for watcher in probes():
        watcher.join(SECONDS)
    assert open_circuits() == 0


def test_refused_reload(arguments: list[str], populated: Cloud) -> None:
    """The present state stays as it is."""
    app_state = deploy.load_app_state(configuration.load(arguments))
    populated.take_down("nova")
    open_circuit(app_state)
    reload = worker.Reload([*arguments, "--config-file", "/there/is/none"])
    reload.requested.set()
    assert reload(app_state) is app_state
    assert (open_circuits(), len(probes())) == (1, 1)
    app_state.cloud.guards["compute"].breaker.stop()
    for watcher in probes():
        watcher.join(SECONDS)
