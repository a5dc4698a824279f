# SPDX-License-Identifier: Apache-2.0
"""Periods of the ledger -> the API's JSON."""

import datetime
from typing import TypedDict

from kic_vm.history.periods import Period
from kic_vm.history.records import Flavor
from kic_vm.mappings.instance_logs import action_name


class PeriodFlavorView(TypedDict):
    """The flavor of an instance during a period; see PeriodFlavorSchema."""

    id: str | None
    name: str | None


class PeriodCommandView(TypedDict):
    """The command that started a period; see PeriodCommandSchema."""

    name: str
    request_id: str
    user_id: str | None


class PeriodView(TypedDict):
    """A period that an instance spent in one documented state; see PeriodSchema."""

    state: str | None
    billable: bool | None
    started_at: str
    ended_at: str | None
    seconds: int
    flavor: PeriodFlavorView | None
    command: PeriodCommandView | None
    evidence: str


def stamp(moment: datetime.datetime) -> str:
    """A time in RFC 3339, in UTC."""
    # Not strftime: it writes years before 1000 with fewer than four digits.
    in_utc = moment.astimezone(datetime.UTC).replace(tzinfo=None)
    return f"{in_utc.isoformat(timespec='seconds')}Z"


def period_from_period(period: Period, now: datetime.datetime) -> PeriodView:
    """A period of an instance's history. The seconds of the current period end at ``now``."""
    return {
        "state": period.state,
        "billable": period.billable,
        "started_at": stamp(period.started_at),
        "ended_at": None if period.ended_at is None else stamp(period.ended_at),
        "seconds": period.seconds(now),
        "flavor": flavor(period.flavor),
        "command": None
        if period.action is None
        else {
            "name": action_name(period.action.name),
            "request_id": period.action.request_id,
            "user_id": period.action.user_id,
        },
        "evidence": period.evidence,
    }


def flavor(recorded: Flavor | None) -> PeriodFlavorView | None:
    """A flavor by id and name; None if it is unknown."""
    return None if recorded is None else {"id": recorded.id, "name": recorded.name}
