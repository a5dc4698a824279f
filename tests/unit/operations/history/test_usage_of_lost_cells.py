# SPDX-License-Identifier: Apache-2.0
"""The usage of a project while Nova's lists lack some of its servers: whole, or refused."""

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
from tests.unit.nova_actions import answer_actions
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

JSON = dict[str, Any]

EARLIER = "2026-10-01"
BUILD = {
    "status": "BUILD",
    "OS-EXT-STS:vm_state": "building",
    "OS-EXT-STS:task_state": "spawning",
    "OS-SRV-USG:launched_at": None,
}
# Answers that do not say that Nova has no such server.
NO_PROOF: list[JSON] = [
    {"status": 404, "text": f"<html>{LOST}</html>"},
    {"status": 404},
    {"status": 500},
    {"status": 503},
]


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("changes", [{}, BUILD, GONE])
def test_cell_down(member: Caller, nova: TwoCells, changes: JSON, is_known: bool) -> None:
    """While a cell is down, there is no usage; afterwards, no change is missed."""
    nova.change(**changes)
    if is_known:
        assert ids(usage(member)) == [LOST, KEPT]
    nova.take_down()
    refused(member)
    refused(member, start=EARLIER)
    nova.change(**{"OS-EXT-STS:task_state": None} | CREATED | GONE)
    nova.bring_up()
    shown = usage(member)
    assert ids(shown) == [LOST, KEPT]
    # From 11:18:35 until 11:30:02.
    assert sum(item["seconds"] for item in shown["states"]) == 11 * 60 + 27 + 41 * 60 + 25


@pytest.mark.parametrize("query", [{}, {"start": EARLIER}])
def test_cell_without_hosts(member: Caller, nova: TwoCells, query: JSON) -> None:
    """A cell that no compute service shows: the list of servers shows that it is down."""
    usage(member)
    nova.take_down()
    nova.show_services("enabled")
    refused(member, **query)


@pytest.mark.parametrize("changes", [{"status": "SHUTOFF", "OS-EXT-STS:vm_state": "stopped"}, GONE])
@pytest.mark.parametrize("query", [{}, {"start": EARLIER}])
def test_cell_that_fails_once(member: Caller, nova: TwoCells, changes: JSON, query: JSON) -> None:
    """A change that the list of changes lacks is in the usage all the same."""
    usage(member)
    nova.change(**{"updated": "2026-11-23T11:40:00Z"} | changes)
    failures = iter([True])
    nova.is_failing = lambda request: is_of_changes(request) and next(failures, False)
    nova.cloud.forget()
    shown = usage(member, **query)
    assert ids(shown) == [LOST, KEPT]
    assert any(ACTIONS in call for call in nova.cloud.calls())


@pytest.mark.parametrize("query", [{}, {"start": EARLIER}])
def test_record_of_a_deleted_server(member: Caller, nova: TwoCells, query: JSON) -> None:
    """A deleted server that no list shows has usage, as Nova has its record."""
    usage(member)
    nova.change(**GONE)
    nova.is_failing = is_of_changes
    refused(member, **query)
    nova.bring_up()
    assert ids(usage(member, **query)) == [LOST, KEPT]


def test_known_deleted_server(member: Caller, nova: TwoCells) -> None:
    """A server that is known to be deleted stays in the usage without further calls."""
    nova.change(**GONE)
    usage(member)
    nova.is_failing = is_of_changes
    nova.cloud.forget()
    assert ids(usage(member)) == [LOST, KEPT]
    assert len(nova.cloud.calls()) == 5
    refused(member, start=EARLIER)


@pytest.mark.parametrize("changes", [{}, GONE])
def test_archived_server(member: Caller, nova: TwoCells, changes: JSON) -> None:
    """A server whose record Nova has archived leaves the usage."""
    nova.change(**changes)
    usage(member)
    del nova.servers[LOST]
    nova.cloud.answer("GET", "nova", ACTIONS, NOT_FOUND, 404)
    assert ids(usage(member, start=EARLIER)) == [KEPT]


@pytest.mark.parametrize("answer", NO_PROOF)
@pytest.mark.parametrize("changes", [{}, BUILD])
def test_no_proof(member: Caller, nova: TwoCells, changes: JSON, answer: JSON) -> None:
    """Only Nova's own word that it has no such server takes the server out of the usage."""
    nova.change(**changes)
    usage(member)
    del nova.servers[LOST]
    for path in (ACTIONS, f"/servers/{LOST}"):
        nova.cloud.answer("GET", "nova", path, **answer)
    for query in ({}, {"start": EARLIER}):
        response = member.get(USAGE, query_string=WINDOW | query)
        assert response.status_code in {502, 503}
        assert response.json["error"]["service"] == "compute"
    nova.servers[LOST] = SERVER | CREATED | {"id": LOST}
    answer_actions(nova.cloud, LOST)
    assert ids(usage(member)) == [LOST, KEPT]


def test_request_that_vanished(member: Caller, nova: TwoCells) -> None:
    """A server that was deleted before it had a host is in no list, and leaves the usage."""
    nova.change(**BUILD)
    assert ids(usage(member)) == [LOST, KEPT]
    del nova.servers[LOST]
    nova.cloud.answer("GET", "nova", f"/servers/{LOST}", NOT_FOUND, 404)
    assert ids(usage(member)) == [KEPT]
    nova.cloud.forget()
    assert ids(usage(member)) == [KEPT]
    assert len(nova.cloud.calls()) == 5


def test_operator_without_the_right(conf: cfg.ConfigOpts, nova: TwoCells) -> None:
    """To a user who is no admin, Nova hides servers: a missing one is not taken for gone."""
    gateway = gateway_services(deploy.load_app_state(conf))
    coverage = Coverage(PROJECT, by_operator=True)
    start, now = datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC), now_in_seconds()
    assert len(read_record(gateway, coverage, start, now)) == 2
    del nova.servers[LOST]
    nova.cloud.answer("GET", "nova", ACTIONS, NOT_FOUND, 404)
    nova.cloud.answer("GET", "nova", "/servers?status=DELETED", {}, 403)
    with pytest.raises(exceptions.GatewayNotAllowed):
        read_record(gateway, coverage, start, now)
    nova.cloud.answer("GET", "nova", "/servers?status=DELETED", {"servers": []})
    assert len(read_record(gateway, coverage, start, now)) == 1


def test_soft_deleted_server(member: Caller, nova: TwoCells) -> None:
    """Nova lists a soft-deleted server only while it has just changed; it stays in the usage."""
    nova.change(**{"status": "SOFT_DELETED", "OS-EXT-STS:vm_state": "soft-delete"})
    usage(member)
    nova.is_failing = is_of_changes
    nova.cloud.forget()
    assert ids(usage(member)) == [LOST, KEPT]
    assert len(nova.cloud.calls()) == 5


@pytest.mark.parametrize("is_known", [False, True])
@pytest.mark.parametrize("failing", [LOST, KEPT])
def test_failed_call(member: Caller, nova: TwoCells, failing: str, is_known: bool) -> None:
    """After one call has failed, the next reading goes on where the last one has ended."""
    if is_known:
        usage(member)
    nova.change(**GONE)
    path = f"/servers/{failing}/os-instance-actions"
    nova.cloud.answer("GET", "nova", path, status=503)
    member.get(USAGE, query_string=WINDOW)
    answer_actions(nova.cloud, failing)
    assert ids(usage(member)) == [LOST, KEPT]


def test_archived_before_its_actions_were_read(member: Caller, nova: TwoCells) -> None:
    """A deleted server whose record Nova has archived meanwhile is not in the usage."""
    nova.change(**GONE)
    nova.cloud.answer("GET", "nova", ACTIONS, status=503)
    refused(member)
    nova.cloud.answer("GET", "nova", ACTIONS, NOT_FOUND, 404)
    assert ids(usage(member)) == [KEPT]


@pytest.mark.parametrize("answer", NO_PROOF[:2])
def test_not_archived(member: Caller, nova: TwoCells, answer: JSON) -> None:
    """A 404 that is not Nova's own about the server does not remove it from the usage."""
    nova.change(**GONE)
    nova.cloud.answer("GET", "nova", ACTIONS, **answer)
    response = member.get(USAGE, query_string=WINDOW)
    assert refusal(response, 502, "upstream_error")["service"] == "compute"
    answer_actions(nova.cloud, LOST)
    assert ids(usage(member)) == [LOST, KEPT]
