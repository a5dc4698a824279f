# SPDX-License-Identifier: Apache-2.0
"""The ledger: periods from Nova's record of whole lives, played and recorded."""

import datetime
import itertools
import json
import random
from pathlib import Path
from typing import Any

import pytest

from kic_vm.history import edges, ledger, records
from kic_vm.history.observations import Observation
from kic_vm.history.periods import Period
from kic_vm.lifecycle.table import load_tables
from tests.unit.history.nova_life import play, second

RECORDED = json.loads(Path(__file__).with_name("recorded.json").read_text())
for _record in RECORDED:
    for _action in _record["actions"]:
        for _event in _action["events"]:  # the times of their starts were not recorded
            _event["started_at"] = _action["start_time"]
BILLABLE = {row.state: row.billable for row in load_tables().instances.rows}


def check_whole(periods: list[Period], start: datetime.datetime, end: Any) -> None:
    """Periods follow each other without gaps from start to end."""
    assert periods[0].started_at == start
    for before, after in itertools.pairwise(periods):
        assert before.ended_at == after.started_at
    assert periods[-1].ended_at == end


@pytest.mark.parametrize("seed", range(200))
def test_played_lives(seed: int) -> None:
    """Periods cover a life without gaps; no second has a billing that it did not have."""
    life = play(seed)
    periods = ledger.periods(life.server, life.actions, [], life.now)
    check_whole(periods, second(0), life.server.ended_at)
    for period in periods:
        last = (period.ended_at or life.now) - datetime.timedelta(seconds=1)
        for moment in (period.started_at, last):
            if period.billable is not None:
                assert period.billable == BILLABLE[life.true_state(moment)], (period, moment)


@pytest.mark.parametrize("seed", range(100))
def test_played_lives_without_failures(seed: int) -> None:
    """Without failures, nothing is unknown, and each second has its true state."""
    life = play(seed, failures=0)
    periods = ledger.periods(life.server, life.actions, [], life.now)
    expected = [
        (at, state)
        for number, (at, state) in enumerate(life.truth)
        if state != "gone" and (number == 0 or life.truth[number - 1][1] != state)
    ]
    assert [(period.started_at, period.state) for period in periods] == expected
    assert {period.evidence for period in periods} == {"action"}


@pytest.mark.parametrize("seed", range(100))
def test_seconds_with_observations(seed: int) -> None:
    """A follower that sees everything leaves nothing unknown, and no second with a wrong state."""
    life = play(seed)
    everything = [Observation("s", state, at) for at, state in life.truth if state != "gone"]
    periods = ledger.periods(life.server, life.actions, everything, life.now)
    check_whole(periods, second(0), life.server.ended_at)
    for period in periods:
        middle = period.started_at + ((period.ended_at or life.now) - period.started_at) / 2
        assert period.state == life.true_state(middle), period


@pytest.mark.parametrize("seed", range(100))
def test_late_observations(seed: int) -> None:
    """A follower that is up to a second late moves no edge that Nova recorded."""
    life = play(seed)
    chance = random.Random(seed)  # noqa: S311 - no secret
    late = [
        Observation("s", state, at + datetime.timedelta(seconds=chance.uniform(0, 0.99)))
        for at, state in life.truth
        if state != "gone"
    ]
    exact = [Observation("s", item.state, item.at.replace(microsecond=0)) for item in late]
    periods = ledger.periods(life.server, life.actions, late, life.now)
    check_whole(periods, second(0), life.server.ended_at)
    assert periods == ledger.periods(life.server, life.actions, exact, life.now)


@pytest.mark.parametrize("number", range(len(RECORDED)))
@pytest.mark.parametrize("with_events", [True, False])
def test_recorded(number: int, with_events: bool) -> None:
    """Records of real servers: covered without gaps, unknown only after a reset state."""
    record = RECORDED[number]
    actions: list[Any] = [
        item if with_events else {key: item[key] for key in item if key != "events"}
        for item in record["actions"]
    ]
    of = records.server_from_server(record["server"], load_tables(), {})
    now = datetime.datetime(2026, 11, 27, 23, tzinfo=datetime.UTC)
    read_actions = records.actions_from_actions(actions)
    periods = ledger.periods(of, read_actions, [], now)
    check_whole(periods, min(of.created_at, read_actions[0].started_at), of.ended_at)
    resets = [item.started_at for item in read_actions if item.name == "resetState"]
    for period in periods:
        assert period.state is not None or period.started_at in resets
    if of.ended_at is None:
        assert periods[-1].state == of.state


def test_every_action_is_recorded() -> None:
    """The records have every action with an edge that the lab's driver can do."""
    recorded = {item["action"] for record in RECORDED for item in record["actions"]}
    missing = edges.load_edges().starts.keys() - recorded
    assert missing == {"evacuate", "restore", "shelveOffload", "unrescue"}
