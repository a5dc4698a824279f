# SPDX-License-Identifier: Apache-2.0
"""Some of the experiments of ``make faults``, which take little time."""

import datetime

import pytest

from tests.faults import experiments, isolation, posts, trial
from tests.faults.rows import Row
from tests.faults.rules import Rule
from tests.faults.workspace import Workspace
from tests.functional.client import Client

KINDS = ("status", "reset", "garbage", "lost", "refuse")
# Among them what was answered with 500, and what had no end.
KEYSTONE_KINDS = ("html", "garbage", "reset_mid", "stale", "drip", "refuse")
CROWD = 80
THREADS = 32  # of a gateway's process
USAGE = "/api/v1/usage"
TROUBLES = {trouble.name: trouble for trouble in trial.TROUBLES}
# Name of a POST, name of its trouble.
TRIALS = [("instance", "lost"), ("instance", "lie"), ("public IP", "late answer")]


def failed(rows: list[Row]) -> list[Row]:
    return [row for row in rows if not row.is_passed]


@pytest.mark.parametrize("service", experiments.SERVICES)
def test_service(work: Workspace, service: str) -> None:
    """The answer is right, or says which service fails; with a fault of one service."""
    assert failed(list(experiments.with_service(work, service, KINDS))) == []


def test_keystone(work: Workspace) -> None:
    """The same for Keystone, with tokens that are validated, issued, and the gateway's own."""
    assert failed(list(experiments.with_keystone(work, KEYSTONE_KINDS))) == []


def test_crowd(work: Workspace) -> None:
    """When a service hangs, requests that need it are refused, and others are answered."""
    gateway = work.lane.start_gateway(api={"request_timeout": "90"}, service_user={"timeout": "60"})
    client = Client(gateway.url, work.lane.cloud.auth_token)
    own, other = isolation.PATHS["block-storage"]
    assert client.request("GET", own).status_code == 200
    with isolation.crowded(work.lane, gateway, "block-storage", CROWD) as crowd:
        assert crowd.refused == len(crowd.answers) > 0
        assert 0 < crowd.waiting < THREADS
        during = isolation.measured(client, other, 3, crowd)
        assert isolation.measured(client, "/healthcheck", 3, crowd).statuses == {200}
        assert isolation.measured(client, "/readiness", 3, crowd).statuses == {503}
    assert during.statuses == {200}
    gateway.stop()


def test_redis(work: Workspace) -> None:
    """Reads are right, and a request with a key is done once or refused; with a fault of Redis."""
    assert failed(list(experiments.with_redis(work))) == []


@pytest.mark.parametrize(("name", "trouble"), TRIALS)
def test_post(work: Workspace, name: str, trouble: str) -> None:
    """A POST whose answer does not come is done once, however often it is retried."""
    (post,) = (post for post in posts.POSTS if post.name == name)
    known = trial.reference(work, post)
    assert known.is_offered
    outcome = trial.run(work, post, known, TROUBLES[trouble], 0)
    assert outcome.failures() == [], outcome


def test_usage(work: Workspace) -> None:
    """The usage has a deleted instance that Nova's list of changes lacks."""
    work.delete_server()
    hour = datetime.datetime.now(datetime.UTC).replace(minute=0, second=0, microsecond=0)
    query = {"start": (hour - datetime.timedelta(hours=1)).isoformat(), "group_by": "instance"}
    gateways = [work.lane.start_gateway() for _time in range(2)]
    before, after = (Client(gateway.url, work.lane.cloud.auth_token) for gateway in gateways)
    known = {group["instance_id"] for group in before.get(USAGE, **query)["usage"]["groups"]}
    server_id = work.server()["id"]
    work.delete_server()
    work.lane.store.flushall()
    # The answer to the same request before the instance was created.
    with work.lane.proxy.fault(Rule("stale", frozenset({"compute"}), path="changes-since")) as rule:
        groups = after.get(USAGE, **query)["usage"]["groups"]
    assert rule.met
    assert {group["instance_id"] for group in groups} == known | {server_id}
    for gateway in gateways:
        gateway.stop()
