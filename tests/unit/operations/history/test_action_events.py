# SPDX-License-Identifier: Apache-2.0
"""The events of actions: read once when an action has ended, and again while it may not have."""

import datetime
from typing import Any

from tests.unit.bodies import INSTANCE, SERVER, body
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.nova_actions import answer_actions

JSON = dict[str, Any]

HISTORY = f"{INSTANCE}/history"


def event_calls(cloud: Cloud) -> int:
    """The number of actions whose events were read since the last count."""
    count = sum("/os-instance-actions/req-" in call for call in cloud.calls())
    cloud.forget()
    return count


def ended_periods(member: Caller) -> list[JSON]:
    """The periods whose seconds no longer change: those of the open one grow with the clock."""
    periods = member.get(HISTORY).json["periods"]
    return [period for period in periods if period["ended_at"] is not None]


def test_read_once(member: Caller, populated: Cloud) -> None:
    """The recorded shelve and unshelve are long over: the second request reads neither again."""
    first = ended_periods(member)
    assert event_calls(populated) == 2
    assert ended_periods(member) == first
    assert event_calls(populated) == 0


def test_changed(member: Caller, populated: Cloud) -> None:
    """An action that Nova has changed is read again, and only that one."""
    member.get(HISTORY)
    recorded = body("instance_actions")
    recorded["instanceActions"][1]["updated_at"] = "2026-11-23T11:23:14.000000"
    answer_actions(populated, SERVER["id"], recorded)
    populated.forget()
    member.get(HISTORY)
    assert event_calls(populated) == 1


def test_recent(member: Caller, populated: Cloud) -> None:
    """The event of a recent action may end within the second in which it started."""
    recorded = body("instance_actions")
    now = datetime.datetime.now(datetime.UTC)
    recorded["instanceActions"][1]["updated_at"] = now.strftime("%Y-%m-%dT%H:%M:%S.000000")
    answer_actions(populated, SERVER["id"], recorded)
    for _request in range(2):
        member.get(HISTORY)
    assert event_calls(populated) == 3
