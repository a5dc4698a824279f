# SPDX-License-Identifier: Apache-2.0
"""The history of an instance over HTTP: periods, pages, the picture, deleted instances."""

import itertools
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.bodies import INSTANCE, SERVER, body
from tests.unit.cloud import MICROVERSION, Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.fake_redis import FakeRedis
from tests.unit.nova_actions import answer_events
from tests.unit.personas import OTHER_PROJECT, USER

JSON = dict[str, Any]

HISTORY = f"{INSTANCE}/history"
SHOW = f"/servers/{SERVER['id']}"
ACTIONS = f"{SHOW}/os-instance-actions"
CREATED = {
    "created": "2026-11-23T11:18:36Z",
    "updated": "2026-11-23T11:23:13Z",
    "OS-SRV-USG:launched_at": "2026-11-23T11:23:13.000000",
}


@pytest.fixture(autouse=True)
def server(populated: Cloud) -> None:
    """The server that the recorded actions belong to."""
    populated.answer("GET", "nova", SHOW, {"server": SERVER | CREATED})


def test_periods(member: Caller, populated: Cloud) -> None:
    """They are listed newest first, in 2 calls, and follow each other without gaps."""
    member.get(HISTORY)  # reads and caches the events
    populated.forget()
    response = member.get(HISTORY)
    assert response.status_code == 200, response.text
    periods = response.json["periods"]
    # The ids of flavors are cached, by this test or one before it.
    assert len([call for call in populated.calls() if "/flavors" not in call]) == 2
    assert [(period["state"], period["billable"]) for period in periods] == [
        ("Active", True),
        ("Unshelving", False),
        ("Shelving", True),
        ("Stopped", True),
        ("Active", True),
        ("Rebooting_hard", True),
        ("Active", True),
        ("Building", False),
    ]
    for later, earlier in itertools.pairwise(periods):
        assert earlier["ended_at"] == later["started_at"]
    assert periods[0]["ended_at"] is None
    assert periods[3] == {
        "state": "Stopped",
        "billable": True,
        "started_at": "2026-11-23T11:23:10Z",
        "ended_at": "2026-11-23T11:23:11Z",
        "seconds": 1,
        "flavor": {"id": periods[0]["flavor"]["id"], "name": "m2a.large"},
        "command": {
            "name": "stop",
            "request_id": "req-07c0c64f-13b5-4727-a5c9-d146d5b0f04b",
            "user_id": USER,
        },
        "evidence": "action",
    }
    assert periods[0]["flavor"]["id"]
    assert response.json["pagination"] == {"total": 8, "offset": 0, "limit": 20}


def test_pages(member: Caller, populated: Cloud) -> None:
    """Pages are cut as those of other lists."""
    response = member.get(HISTORY, query_string={"limit": 2, "offset": 3})
    assert [period["state"] for period in response.json["periods"]] == ["Stopped", "Active"]
    assert response.json["pagination"] == {"total": 8, "offset": 3, "limit": 2}


@pytest.mark.parametrize(
    ("query", "field"),
    [({"format": "png"}, "format"), ({"limit": 0}, "limit"), ({"marker": "x"}, "marker")],
)
def test_bad_query(member: Caller, populated: Cloud, query: JSON, field: str) -> None:
    """A wrong parameter is refused by its name."""
    assert (
        field in refusal(member.get(HISTORY, query_string=query), 400, "invalid_request")["message"]
    )


def test_picture(member: Caller, populated: Cloud) -> None:
    """The picture is SVG with a bar for each period, titled with its times."""
    response = member.get(HISTORY, query_string={"format": "svg"})
    assert response.content_type == "image/svg+xml; charset=utf-8"
    titles = re.findall("<title>(.*?)</title>", response.text)
    assert len(titles) == 8
    assert titles[0] == ("Building: 2026-11-23 11:18:35 - 2026-11-23 11:18:40 UTC, 5 s, action")


def _delete(populated: Cloud, **changes: Any) -> None:
    recorded = body("instance_actions")
    delete = recorded["instanceActions"][0] | {
        "action": "delete",
        "request_id": "req-delete",
        "start_time": "2026-11-23T11:30:00.000000",
        "updated_at": "2026-11-23T11:30:02.000000",
    }
    populated.answer(
        "GET", "nova", ACTIONS, {"instanceActions": [delete, *recorded["instanceActions"]]}
    )
    populated.answer("GET", "nova", SHOW, {"itemNotFound": {"message": "no", "code": 404}}, 404)
    gone = (
        SERVER
        | CREATED
        | {
            "status": "DELETED",
            "OS-EXT-STS:vm_state": "deleted",
            "OS-SRV-USG:terminated_at": "2026-11-23T11:30:02.000000",
            **changes,
        }
    )
    populated.answer("GET", "nova", "/servers/detail", {"servers": [gone]})


def test_deleted(member: Caller, populated: Cloud) -> None:
    """A deleted instance is found among the servers changed since its deletion."""
    _delete(populated)
    response = member.get(HISTORY)
    assert response.status_code == 200, response.text
    newest = response.json["periods"][0]
    assert (newest["state"], newest["ended_at"]) == ("Deleting", "2026-11-23T11:30:02Z")
    (listed,) = [sent for sent in populated.sent("nova") if "/servers/detail" in sent.url]
    assert listed.qs["changes-since"] == ["2026-11-23t11:30:00z"]
    assert listed.headers[MICROVERSION] == "compute 2.69"


@pytest.mark.parametrize("changes", [{"tenant_id": OTHER_PROJECT}, {"id": "another"}])
def test_deleted_elsewhere(member: Caller, populated: Cloud, changes: JSON) -> None:
    """Another project's deleted instance is not found, nor one that Nova does not list."""
    _delete(populated, **changes)
    refusal(member.get(HISTORY), 404, "not_found")


def test_archived(member: Caller, populated: Cloud) -> None:
    """Nova answers 404 for archived rows, and so does the gateway."""
    for path in (SHOW, ACTIONS):
        populated.answer("GET", "nova", path, {"itemNotFound": {"message": "no", "code": 404}}, 404)
    refusal(member.get(HISTORY), 404, "not_found")


def test_foreign_actions(member: Caller, populated: Cloud) -> None:
    """Nova's refusal to show another project's actions is 404 for the caller."""
    populated.answer("GET", "nova", SHOW, {"itemNotFound": {"message": "no", "code": 404}}, 404)
    populated.answer("GET", "nova", ACTIONS, {"forbidden": {"message": "no", "code": 403}}, 403)
    refusal(member.get(HISTORY), 404, "not_found")


def test_action_without_times(member: Caller, populated: Cloud) -> None:
    """An action that Nova has no times for yet does not break the history."""
    recorded = body("instance_actions")
    recorded["instanceActions"][1]["updated_at"] = None
    recorded["instanceActions"][2] |= {"start_time": None, "updated_at": None}
    populated.answer("GET", "nova", ACTIONS, recorded)
    assert member.get(HISTORY).status_code == 200


def test_nova_down(member: Caller, populated: Cloud) -> None:
    """A Nova that does not answer is named."""
    populated.answer("GET", "nova", ACTIONS, status=503)
    assert refusal(member.get(HISTORY), 503, "upstream_unavailable")


def test_events_of_image_backed(member: Caller, populated: Cloud) -> None:
    """For a root disk on the host, the events of each unshelve are read."""
    populated.answer("GET", "nova", SHOW, {"server": SERVER | CREATED | {"image": {"id": "i"}}})
    recorded = body("instance_actions")
    unshelve = next(item for item in recorded["instanceActions"] if item["action"] == "unshelve")
    for event, state in (
        ("compute_start_instance", "Powering-on"),
        ("schedule_instances", "Unshelving"),
    ):
        # Another time is another change of the action, whose events are not cached.
        second = {"compute_start_instance": 13, "schedule_instances": 14}[event]
        unshelve["updated_at"] = f"2026-11-23T11:23:{second}.000000"
        populated.answer("GET", "nova", ACTIONS, recorded)
        events = [
            {
                "event": name,
                "start_time": unshelve["start_time"],
                "finish_time": unshelve["updated_at"],
            }
            for name in (event, "compute_unshelve_instance")
        ]
        answer = {"instanceAction": unshelve | {"events": events}}
        populated.answer("GET", "nova", f"{ACTIONS}/{unshelve['request_id']}", answer)
        assert member.get(HISTORY).json["periods"][1]["state"] == state


def test_interrupted_unshelve(member: Caller, populated: Cloud) -> None:
    """An unshelve whose nova-compute was killed is not billed."""
    recorded = body("instance_actions")
    unshelve = recorded["instanceActions"][1]
    unshelve["updated_at"] = "2026-11-23T11:23:15.000000"
    populated.answer("GET", "nova", ACTIONS, recorded)
    failed = {"OS-EXT-STS:vm_state": "error", "status": "ERROR", "updated": "2026-11-23T11:24:00Z"}
    populated.answer("GET", "nova", SHOW, {"server": SERVER | CREATED | failed})
    answer_events(populated, SERVER["id"], unshelve, unended="compute_unshelve_instance")
    shown = [
        (period["state"], period["billable"]) for period in member.get(HISTORY).json["periods"]
    ]
    assert shown[:3] == [("Error", False), (None, None), ("Shelving", True)]


def test_since(member: Caller, populated: Cloud) -> None:
    """What the history told is shown with the instance until Nova changes the server."""
    stopped = CREATED | {"updated": "2026-11-23T11:24:00Z"}
    populated.answer("GET", "nova", SHOW, {"server": SERVER | stopped})
    lifecycle = member.get(INSTANCE).json["instance"]["lifecycle"]
    assert (lifecycle["since"], lifecycle["billable_since"]) == (None, None)
    member.get(HISTORY)
    lifecycle = member.get(INSTANCE).json["instance"]["lifecycle"]
    assert lifecycle["since"] == lifecycle["billable_since"] == "2026-11-23T11:23:13Z"
    changed = CREATED | {"updated": "2026-11-23T11:25:00Z"}
    populated.answer("GET", "nova", SHOW, {"server": SERVER | changed})
    assert member.get(INSTANCE).json["instance"]["lifecycle"]["since"] is None


class TestSinceOfOthers:
    """What another process has learned from the history."""

    @pytest.fixture
    def options(self) -> str:
        return "[redis]\nurl = redis://redis.test:6379/0\n"

    def test_shown(
        self, elsewhere: Callable[[str], Caller], populated: Cloud, store: FakeRedis
    ) -> None:
        """Each process asks Redis once, whether Redis knows it or not."""
        early, reader, late = elsewhere("member"), elsewhere("member"), elsewhere("member")
        stopped = CREATED | {"updated": "2026-11-23T11:24:00Z"}
        populated.answer("GET", "nova", SHOW, {"server": SERVER | stopped})
        assert _since(early) is None
        reader.get(HISTORY)
        assert _since(reader) == _since(late) == "2026-11-23T11:23:13Z"
        asked = store.asked
        assert _since(early) is None
        assert _since(reader) == _since(late) == "2026-11-23T11:23:13Z"
        assert store.asked == asked


def _since(caller: Caller) -> str | None:
    shown: str | None = caller.get(INSTANCE).json["instance"]["lifecycle"]["since"]
    return shown


def test_since_launch(member: Caller, populated: Cloud) -> None:
    """A server that was changed last by its launch has been Active since then."""
    lifecycle = member.get(INSTANCE).json["instance"]["lifecycle"]
    assert (lifecycle["since"], lifecycle["billable_since"]) == ("2026-11-23T11:23:13Z", None)
