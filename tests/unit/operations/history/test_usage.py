# SPDX-License-Identifier: Apache-2.0
"""The usage of a project: sums, groups, CSV, and the calls that a reading takes."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from oslo_config import cfg

from kic_vm import deploy
from kic_vm.events.model import Event, Sighting
from tests.unit.bodies import SERVER, body
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.nova_actions import answer_actions
from tests.unit.operations.history.usage_requests import CREATED, GONE, USAGE, WINDOW, usage
from tests.unit.personas import OTHER_PROJECT, PROJECT

JSON = dict[str, Any]


def servers(count: int) -> list[JSON]:
    """Servers with the recorded actions."""
    return [
        SERVER | CREATED | {"id": f"e0e1760f-79d8-4fac-972d-2c98044d{number:04d}"}
        for number in range(count)
    ]


def serve(cloud: Cloud, found: list[JSON]) -> None:
    """Have Nova list these servers, with the recorded actions."""
    cloud.answer("GET", "nova", "/servers/detail", {"servers": found})
    for server in found:
        answer_actions(cloud, server["id"])


def action_calls(cloud: Cloud) -> int:
    """The number of lists of actions that were read."""
    return sum(call.partition("?")[0].endswith("/os-instance-actions") for call in cloud.calls())


def test_sums(member: Caller, populated: Cloud) -> None:
    """The sums are those of the periods, cut to the window; nothing is counted twice."""
    serve(populated, servers(2))
    shown = usage(member)
    # From 11:18:35: 5 s Building, 1 s Unshelving; the rest until 12:00 is billed.
    whole = 41 * 60 + 25
    assert (shown["billed_seconds"], shown["unbilled_seconds"]) == (2 * (whole - 6), 12)
    assert shown["unknown_seconds"] == 0
    assert sum(item["seconds"] for item in shown["states"]) == 2 * whole
    assert [group["billed_seconds"] for group in shown["groups"]] == [whole - 6] * 2
    assert {group["instance_name"] for group in shown["groups"]} == {SERVER["name"]}


@pytest.mark.parametrize("group_by", ["instance", "state", "flavor", "day"])
def test_groups(member: Caller, populated: Cloud, group_by: str) -> None:
    """The groups add up to the total, in JSON and in CSV."""
    serve(populated, servers(3))
    shown = usage(member, group_by=group_by)
    for field in ("billed_seconds", "unbilled_seconds", "unknown_seconds"):
        assert sum(group[field] for group in shown["groups"]) == shown[field]
    response = member.get(USAGE, query_string=WINDOW | {"group_by": group_by, "format": "csv"})
    assert response.content_type == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert len(rows) == len(shown["groups"])
    assert sum(int(row["billed_seconds"]) for row in rows) == shown["billed_seconds"]
    assert sum(int(row["Active"]) for row in rows) == next(
        item["seconds"] for item in shown["states"] if item["state"] == "Active"
    )


def test_days(member: Caller, populated: Cloud) -> None:
    """Days end at midnight UTC."""
    serve(populated, servers(1))
    shown = usage(member, group_by="day", start="2026-11-23", end="2026-11-25T06:00:00+06:00")
    assert [(group["day"], group["billed_seconds"]) for group in shown["groups"]] == [
        ("2026-11-23", 12 * 3600 + whole_of_first_day() - 6),
        ("2026-11-24", 86400),
    ]


def whole_of_first_day() -> int:
    """From the create until noon."""
    return 41 * 60 + 25


def test_deleted(member: Caller, populated: Cloud) -> None:
    """Deleted instances are part of it, until they were gone."""
    (server,) = servers(1)
    serve(populated, [server | GONE])
    assert sum(item["seconds"] for item in usage(member)["states"]) == 11 * 60 + 27


def test_before_creation(member: Caller, populated: Cloud) -> None:
    """An instance that was created after the window is no part of it."""
    serve(populated, servers(1))
    shown = usage(member, start="2026-11-01", end="2026-11-02")
    assert (shown["groups"], shown["states"]) == ([], [])


def test_one_instance(member: Caller, populated: Cloud) -> None:
    """One instance can be shown alone; one that the project never had is not found."""
    found = servers(2)
    serve(populated, found)
    shown = usage(member, instance_id=found[0]["id"])
    assert [group["instance_id"] for group in shown["groups"]] == [found[0]["id"]]
    query = WINDOW | {"instance_id": "e0e1760f-79d8-4fac-972d-2c98044d9999"}
    refusal(member.get(USAGE, query_string=query), 404, "not_found")


def test_foreign_servers(member: Caller, populated: Cloud) -> None:
    """What Nova shows a cloud admin of other projects is left out."""
    serve(populated, [servers(1)[0] | {"tenant_id": OTHER_PROJECT}])
    assert usage(member)["groups"] == []


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"start": "2026-11-25", "end": "2026-11-24"}, "start: must be before end"),
        ({"start": "2030-01-01", "end": "2031-01-01"}, "start: must be before end"),
        ({"start": "2020-01-01"}, "start: must be at most 366 days before end"),
        ({"start": "yesterday"}, "start: Must be a date or a time"),
        ({"end": "0001-01-01T00:00:00+23:00"}, "end: Must be a date or a time"),
        ({"group_by": "color"}, "group_by: Must be one of: instance, state, flavor, day."),
        ({"format": "xml"}, "format: Must be one of: json, csv."),
        ({"limit": "5"}, "limit"),
    ],
)
def test_bad_query(member: Caller, populated: Cloud, query: JSON, sentence: str) -> None:
    """A wrong query says what to change."""
    error = refusal(member.get(USAGE, query_string=query), 400, "invalid_request")
    assert sentence in error["message"]


@pytest.mark.parametrize("name", ["=1+1", "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff201"])
def test_formula(member: Caller, populated: Cloud, name: str) -> None:
    """A name that a spreadsheet would run is text in CSV."""
    serve(populated, [servers(1)[0] | {"name": name}])
    response = member.get(USAGE, query_string=WINDOW | {"format": "csv"})
    assert f",'{name}," in response.text


def test_early_window(member: Caller, populated: Cloud) -> None:
    """The times of a window in the first centuries are times for Nova and the client as well."""
    serve(populated, [])
    shown = usage(member, start="0001-01-01", end="0001-02-01")
    assert (shown["start"], shown["end"]) == ("0001-01-01T00:00:00Z", "0001-02-01T00:00:00Z")
    assert any("changes-since=0001-01-01T00" in call for call in populated.calls())


def test_calls(member: Caller, populated: Cloud) -> None:
    """The first reading takes a call for each instance; the next one only for those changed."""
    found = servers(20)
    serve(populated, found)
    usage(member)
    assert action_calls(populated) == 20
    populated.forget()
    usage(member)
    assert len(populated.calls()) == 5  # the servers, changes, cells, report and volumes
    found[3]["updated"] = "2026-11-23T11:40:00Z"
    serve(populated, found)
    populated.forget()
    shown = usage(member)
    assert action_calls(populated) == 1
    assert len(shown["groups"]) == 20


def test_failure_in_between(member: Caller, populated: Cloud) -> None:
    """What was read before a failure is not read again."""
    found = servers(20)
    serve(populated, found)
    broken = f"/servers/{found[17]['id']}/os-instance-actions"
    populated.answer("GET", "nova", broken, status=503)
    refusal(member.get(USAGE, query_string=WINDOW), 503, "upstream_unavailable")
    serve(populated, found)
    populated.forget()
    assert len(usage(member)["groups"]) == 20
    assert action_calls(populated) == 4


def test_earlier_window(member: Caller, populated: Cloud) -> None:
    """A window that starts before what was read lists everything again, and reads no action."""
    serve(populated, servers(3))
    usage(member)
    populated.forget()
    usage(member, start="2026-10-01")
    assert len(populated.calls()) == 5
    assert action_calls(populated) == 0


def test_volumes(member: Caller, populated: Cloud) -> None:
    """A volume's size and state are known since its last change, and unknown before."""
    volume = body("volumes")["volumes"][0] | {
        "created_at": "2026-11-23T11:10:00.000000",
        "updated_at": "2026-11-23T11:40:00.000000",
        "size": 10,
    }
    populated.answer("GET", "cinder", "/volumes/detail", {"volumes": [volume]})
    serve(populated, [])
    (shown,) = usage(member)["volumes"]
    assert (shown["seconds"], shown["gib_seconds"], shown["unknown_seconds"]) == (1200, 12000, 1800)
    assert shown["states"] == [
        {"state": shown["state"], "size": 10, "seconds": 1200, "gib_seconds": 12000}
    ]


def observed_volume(state: str, time: str, size: int, *, deleted: bool = False) -> Sighting:
    """A volume that the follower saw."""
    event = Event(
        type="volume",
        id=body("volumes")["volumes"][0]["id"],
        name="data",
        state=state,
        billable=True,
        at=f"2026-11-23T{time}Z",
        seen_at=f"2026-11-23T{time}Z",
        size=size,
        deleted=deleted,
    )
    return Sighting(PROJECT, event)


def test_deleted_volume(member: Caller, populated: Cloud, conf: cfg.ConfigOpts) -> None:
    """A deleted volume has the states and sizes that were observed; another project sees none."""
    hub = deploy.load_app_state(conf).event_hub
    assert hub is not None
    hub.stream.record(
        [
            observed_volume("Active", "11:10:00", 10),
            observed_volume("Active", "11:20:00", 30),
            observed_volume("Deleting", "11:30:00", 30, deleted=True),
        ]
    )
    populated.answer("GET", "cinder", "/volumes/detail", {"volumes": []})
    serve(populated, [])
    (shown,) = usage(member)["volumes"]
    assert (shown["name"], shown["state"], shown["deleted"]) == ("data", "Deleting", True)
    assert [(item["size"], item["seconds"]) for item in shown["states"]] == [(10, 600), (30, 600)]
    assert (shown["seconds"], shown["gib_seconds"], shown["unknown_seconds"]) == (1200, 24000, 0)


def test_projects_apart(caller: Callable[[str], Caller], populated: Cloud) -> None:
    """What was read for one project is never shown to another."""
    serve(populated, servers(1))
    assert len(usage(caller("member"))["groups"]) == 1
    assert usage(caller("other"))["groups"] == []
