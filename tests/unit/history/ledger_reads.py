# SPDX-License-Identifier: Apache-2.0
"""Periods of a server with some actions, in seconds since its beginning."""

import datetime
from typing import Any

from kic_vm.history import ledger
from kic_vm.history.observations import Observation
from kic_vm.history.periods import Period
from kic_vm.history.records import Action, Server
from tests.unit.history.nova_life import START, action, second

NOW = second(1000)
CREATE = action("create", 0, 10)


def shown(periods: list[Period]) -> list[tuple[str | None, int, int | None, str]]:
    """State, first and last second, and evidence."""

    def number(moment: datetime.datetime) -> int:
        return int((moment - START).total_seconds())

    return [
        (
            period.state,
            number(period.started_at),
            None if period.ended_at is None else number(period.ended_at),
            period.evidence,
        )
        for period in periods
    ]


def read(
    of: Server, *actions: Action, seen: tuple[Observation, ...] = ()
) -> list[tuple[str | None, int, int | None, str]]:
    """The periods of a server with these actions."""
    return shown(ledger.periods(of, actions, seen, NOW))


def seen(state: str, at: float, **kwargs: Any) -> Observation:
    """An observation of the server."""
    return Observation("s", state, second(at), **kwargs)
