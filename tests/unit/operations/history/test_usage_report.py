# SPDX-License-Identifier: Apache-2.0
"""The usage of a project, compared with Nova's usage report: it lacks no server that was active."""

import datetime
from typing import Any

import pytest
from oslo_config import cfg

from kic_vm import deploy, exceptions
from kic_vm.cmd.worker import gateway_services
from kic_vm.operations.history.instance_history import now_in_seconds
from kic_vm.operations.history.listed_servers import Coverage
from kic_vm.operations.history.project_record import read_record
from tests.unit.bodies import SERVER
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.nova_servers import REPORT
from tests.unit.operations.history.two_cells import (
    ACTIONS,
    KEPT,
    LOST,
    NOT_FOUND,
    TwoCells,
    is_of_changes,
)
from tests.unit.operations.history.usage_requests import (
    CREATED,
    GONE,
    USAGE,
    WINDOW,
    ids,
    refused,
    usage,
)
from tests.unit.personas import PROJECT


@pytest.mark.parametrize("is_known", [False, True])
def test_deleted_server_that_no_list_has_shown(
    member: Caller, nova: TwoCells, *, is_known: bool
) -> None:
    """A server that was created and deleted since the last usage, if its cell fails once."""
    made = nova.servers.pop(LOST)
    if is_known:
        assert ids(usage(member)) == [KEPT]
    nova.servers[LOST] = made
    ended_at = now_in_seconds().replace(tzinfo=None).isoformat()
    nova.change(**GONE | {"OS-SRV-USG:terminated_at": ended_at, "updated": f"{ended_at}Z"})
    nova.is_failing = is_of_changes
    refused(member)
    failures = iter([True])
    nova.is_failing = lambda request: is_of_changes(request) and next(failures, False)
    assert ids(usage(member)) == [LOST, KEPT]


def test_server_that_no_list_has_shown(member: Caller, nova: TwoCells) -> None:
    """A cell that fails while Nova lists the servers, and shows no other sign of it."""
    nova.is_failing = lambda request: True
    nova.servers[LOST]["is silent"] = True
    refused(member)
    failures = iter([True, True])
    nova.is_failing = lambda _request: next(failures, False)
    assert ids(usage(member)) == [LOST, KEPT]


def test_restored_server_that_no_list_shows(member: Caller, nova: TwoCells) -> None:
    """A soft-deleted server that runs again is not taken for a soft-deleted one."""
    nova.change(**{"status": "SOFT_DELETED", "OS-EXT-STS:vm_state": "soft-delete"})
    usage(member)
    nova.change(**SERVER | CREATED | {"id": LOST, "is silent": True})
    nova.is_failing = lambda _request: True
    refused(member)


def test_server_that_was_deleted_before(member: Caller, nova: TwoCells) -> None:
    """Nova reports a server without the time of its end: it ended before the window."""
    nova.change(**GONE | {"OS-SRV-USG:terminated_at": None, "updated": "2026-11-23T10:30:02Z"})
    nova.servers[LOST]["OS-SRV-USG:launched_at"] = "2026-11-23T10:00:00.000000"
    for _time in range(2):
        assert ids(usage(member)) == [KEPT]


def test_server_that_is_archived_meanwhile(member: Caller, nova: TwoCells) -> None:
    """A server that only Nova's report has, because its record has just been archived."""
    nova.change(**GONE)
    nova.is_failing = is_of_changes
    nova.cloud.answer("GET", "nova", ACTIONS, NOT_FOUND, 404)
    assert ids(usage(member)) == [KEPT]


def test_report_that_fails(member: Caller, nova: TwoCells) -> None:
    """A cell without compute hosts fails: its deleted servers are in no list."""
    nova.change(**GONE)
    nova.is_reported = False
    refused(member)


@pytest.mark.parametrize("project_id", [PROJECT, None])
def test_usage_for_an_operator(
    conf: cfg.ConfigOpts, nova: TwoCells, project_id: str | None
) -> None:
    """The report of one project or of all of them shows that the lists lack a server."""
    gateway = gateway_services(deploy.load_app_state(conf))
    coverage = Coverage(project_id, by_operator=True)
    start, now = datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC), now_in_seconds()
    nova.cloud.answer("GET", "nova", "/servers?status=DELETED", {"servers": []})
    nova.change(**GONE)
    nova.is_failing = is_of_changes
    with pytest.raises(exceptions.UpstreamUnavailable):
        read_record(gateway, coverage, start, now)
    nova.bring_up()
    assert len(read_record(gateway, coverage, start, now)) == 2


@pytest.mark.parametrize(
    "report",
    [
        [],
        {"server_usages": [None]},
        {"server_usages": [{}]},
        {"server_usages": [{"instance_id": LOST, "state": "active", "started_at": None}]},
    ],
)
def test_report_that_is_not_understood(member: Caller, nova: TwoCells, report: Any) -> None:
    """A report with other fields than Nova documents: 502, as for other answers."""
    nova.servers.pop(LOST)
    nova.cloud.answer("GET", "nova", f"{REPORT}/{PROJECT}", {"tenant_usage": report})
    response = member.get(USAGE, query_string=WINDOW)
    assert refusal(response, 502, "upstream_error")["service"] == "compute"
