# SPDX-License-Identifier: Apache-2.0
"""The worker and the ports that the gateway made: which it removes, and on what proof."""

import datetime
import threading
import uuid
from typing import Any

import pytest
from oslo_config import cfg

from kic_vm import deploy
from kic_vm.cmd import worker
from tests.unit.bodies import PORT, SERVER
from tests.unit.cloud import MICROVERSION, Cloud
from tests.unit.cmd.rounds import PORTS, run

JSON = dict[str, Any]
LONG_AGO = "2020-01-01T00:00:00Z"
GONE = "00000000-79d8-4fac-972d-2c98044d8678"
PRESENT = SERVER["id"]
AT_NEUTRON = f"/ports/{PORT['id']}"
ALL = "/servers/detail?all_tenants=1"
ADMIN = "/servers?status=DELETED"


def made(**changes: Any) -> JSON:
    """A port that the gateway made, as Neutron lists it."""
    return PORT | {
        "description": "Made by kic-vm for an instance",
        "device_id": "",
        "device_owner": "",
        "tags": [],
        "updated_at": LONG_AGO,
        "revision_number": 7,
        **changes,
    }


def tag(server_id: str) -> str:
    return f"kic-vm-instance-{server_id}"


def attached(server_id: str, **changes: Any) -> JSON:
    """A port that a server has."""
    its = {"device_id": server_id, "device_owner": "compute:nova", "tags": [tag(server_id)]}
    return made(**its | changes)


def with_ports(cloud: Cloud, *ports: JSON) -> None:
    """Have Neutron list these; a number of seconds in ``updated_at`` is told as the time then."""
    for port in ports:
        if port["updated_at"] != LONG_AGO:
            age = datetime.timedelta(seconds=port["updated_at"])
            port["updated_at"] = (datetime.datetime.now(datetime.UTC) - age).isoformat()
    cloud.answer("GET", "neutron", PORTS, {"ports": list(ports)})


def with_server(cloud: Cloud, vm_state: str, task_state: str | None = None) -> None:
    states = {"OS-EXT-STS:vm_state": vm_state, "OS-EXT-STS:task_state": task_state}
    cloud.answer("GET", "nova", f"/servers/{PRESENT}", {"server": SERVER | states})


@pytest.fixture
def lively(quiet: Cloud) -> Cloud:
    """One server is there and has all its ports, another is gone, none is being built."""
    with_server(quiet, "active")
    message = f"Instance {GONE} could not be found."
    gone = {"itemNotFound": {"code": 404, "message": message}}
    quiet.answer("GET", "nova", f"/servers/{GONE}", gone, 404)
    quiet.answer("GET", "nova", ADMIN, {"servers": []})
    quiet.answer("GET", "nova", ALL, {"servers": []})
    quiet.answer("DELETE", "neutron", AT_NEUTRON, status=204)
    quiet.answer("PUT", "neutron", AT_NEUTRON, {"port": made(description="")})
    for server_id in (PRESENT, GONE):
        quiet.answer("PUT", "neutron", f"{AT_NEUTRON}/tags/{tag(server_id)}", status=201)
    return quiet


REMOVED = [f"DELETE neutron {AT_NEUTRON}"]
GIVEN_AWAY = [f"PUT neutron {AT_NEUTRON}"]


@pytest.mark.parametrize(
    ("port", "writes"),
    [
        # Nova has detached it, as it does when it removes the server.
        (made(tags=[tag(GONE)]), REMOVED),
        (made(tags=["mine", tag(GONE)]), REMOVED),
        (made(tags=[tag(GONE)], updated_at=90), REMOVED),
        (made(tags=[tag(GONE)], updated_at=5), []),
        (made(tags=[tag(GONE), tag(PRESENT)]), GIVEN_AWAY),
        # Nova could not detach it.
        (attached(GONE), REMOVED),
        (attached(GONE, updated_at=90), []),
        (attached(PRESENT), []),
        # It never had a server.
        (made(), REMOVED),
        (made(updated_at=90), []),
        # Its user has detached it.
        (made(tags=[tag(PRESENT)]), GIVEN_AWAY),
        (made(tags=[tag(PRESENT)], updated_at=5), []),
        (attached(PRESENT, tags=[tag(GONE)]), GIVEN_AWAY),
        (attached(GONE, tags=[tag(PRESENT)]), GIVEN_AWAY),
        (attached(GONE, device_owner="network:dhcp"), []),
        (attached("vip", device_owner="Octavia", tags=[]), []),
        # Neutron lists what it was not asked for.
        (made(description="mine"), []),
        (made(description="mine", tags=[tag(GONE)]), []),
    ],
)
def test_ports(conf: cfg.ConfigOpts, lively: Cloud, port: JSON, writes: list[str]) -> None:
    """A port goes when Nova has no server for it; a port that was detached is its user's."""
    with_ports(lively, port)
    run(conf)
    assert lively.writes() == writes
    for sent in lively.sent("neutron"):
        if writes and sent.method != "GET":
            assert sent.headers["If-Match"] == "revision_number=7"
            assert sent.method == "DELETE" or sent.json() == {"port": {"description": ""}}


@pytest.mark.parametrize(
    ("vm_state", "task_state"),
    [
        ("building", "scheduling"),
        ("building", None),
        ("error", None),
        ("soft-delete", None),
        ("active", "soft-deleting"),
        ("active", "deleting"),
    ],
)
def test_server_that_may_need_it(
    conf: cfg.ConfigOpts, lively: Cloud, vm_state: str, task_state: str | None
) -> None:
    """A port stays, with its mark, as long as Nova has its server in any state."""
    with_server(lively, vm_state, task_state)
    with_ports(lively, made(tags=[tag(PRESENT)]))
    run(conf)
    assert lively.writes() == []


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 500},  # a cell does not respond
        {"status": 503},
        {"status": 404},
        {"status": 404, "text": "<html>"},
        {"status": 404, "json": {"itemNotFound": {"code": 404, "message": "Not found."}}},
        {"status": 404, "text": f'{{"itemNotFound": {{"code": 404, "message": "Instance {GONE}'},
    ],
)
@pytest.mark.parametrize("port", [made(tags=[tag(GONE)]), attached(GONE)])
def test_no_proof(conf: cfg.ConfigOpts, lively: Cloud, port: JSON, answer: JSON) -> None:
    """What is not Nova's own whole answer about this server does not tell that it is gone."""
    lively.answer("GET", "nova", f"/servers/{GONE}", **answer)
    with_ports(lively, port)
    run(conf)
    assert lively.writes() == []


def test_version_that_proves(conf: cfg.ConfigOpts, lively: Cloud) -> None:
    """From 2.69 on, Nova takes soft-deleted servers of a silent cell for gone."""
    with_ports(lively, made(tags=[tag(GONE)]))
    run(conf)
    (sent,) = [item for item in lively.sent("nova") if item.url.endswith(GONE)]
    assert sent.headers[MICROVERSION] == "compute 2.1"


def test_user_without_the_right(conf: cfg.ConfigOpts, lively: Cloud, lines: list[str]) -> None:
    """To a user who is no admin Nova hides other projects' servers: nothing is removed."""
    lively.answer("GET", "nova", ADMIN, status=403)
    with_ports(lively, made(tags=[tag(GONE)]), attached(GONE))
    run(conf)
    assert lively.writes() == []
    assert any("is not an admin in Nova" in line for line in lines)


def test_detached_outside(conf: cfg.ConfigOpts, lively: Cloud) -> None:
    """A port that its user detaches after the worker has asked about its server is soon theirs.

    Otherwise, the deletion of the server within the grace time would take the port with it.
    """
    app_state = deploy.load_app_state(conf)
    with_ports(lively, attached(PRESENT))
    worker.work(app_state, threading.Event(), is_once=True)
    assert lively.writes() == []
    with_ports(lively, made(tags=[tag(PRESENT)], updated_at=90))
    worker.work(app_state, threading.Event(), is_once=True)
    assert lively.writes() == GIVEN_AWAY


@pytest.mark.parametrize(
    ("port", "interval"), [(made(tags=[tag(PRESENT)]), 60), (attached(PRESENT), 3600)]
)
def test_interval(
    conf: cfg.ConfigOpts,
    lively: Cloud,
    monkeypatch: pytest.MonkeyPatch,
    port: JSON,
    interval: float,
) -> None:
    """Nova is asked about the server of a detached port every minute, of an attached one hourly."""
    with_server(lively, "error")
    with_ports(lively, port)
    app_state = deploy.load_app_state(conf)
    acquired: dict[str, float] = {}
    add = app_state.cache.add

    def note(key: str, value: bytes, time: float) -> bool:
        acquired[key] = time
        return add(key, value, time)

    monkeypatch.setattr(app_state.cache, "add", note)
    worker.work(app_state, threading.Event(), is_once=True)
    assert [time for key, time in acquired.items() if PRESENT in key] == [interval]


def test_untagged(conf: cfg.ConfigOpts, lively: Cloud) -> None:
    """A port without a tag gets that of its server, before Nova detaches it."""
    with_ports(lively, attached(PRESENT, tags=[], updated_at=5))
    run(conf)
    assert lively.writes() == [f"PUT neutron {AT_NEUTRON}/tags/{tag(PRESENT)}"]


def test_calls(conf: cfg.ConfigOpts, lively: Cloud) -> None:
    """Each server is asked for once, however many ports it has."""
    ports = [made(id=str(uuid.uuid4()), tags=[tag(PRESENT)]) for _number in range(5)]
    with_server(lively, "error")
    with_ports(lively, *ports)
    run(conf)
    calls = [call for call in lively.calls() if "/servers" in call and "VERIFY" not in call]
    assert calls == [f"GET nova /servers/{PRESENT}", "GET nova /servers?status=DELETED&limit=1"]


@pytest.mark.parametrize("name", ["neutron_404_port", "neutron_412"])
@pytest.mark.parametrize("port", [made(), made(tags=[tag(GONE)])])
def test_race(conf: cfg.ConfigOpts, lively: Cloud, port: JSON, name: str) -> None:
    """A port that is gone already, or has changed since the list, is no failure of the round."""
    lively.refuse("DELETE", "neutron", AT_NEUTRON, name)
    with_ports(lively, port)
    run(conf)
    assert lively.writes() == REMOVED


def test_race_with_the_user(conf: cfg.ConfigOpts, lively: Cloud, lines: list[str]) -> None:
    """So is one that cannot be given to its user now."""
    lively.refuse("PUT", "neutron", AT_NEUTRON, "neutron_412")
    with_ports(lively, made(tags=[tag(PRESENT)]))
    run(conf)
    assert lively.writes() == GIVEN_AWAY
    assert any("Could not release port" in line for line in lines)
