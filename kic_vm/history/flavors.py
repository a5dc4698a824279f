# SPDX-License-Identifier: Apache-2.0
"""The flavor of each period: Nova shows only the current one."""

import dataclasses
import datetime
from collections.abc import Iterable, Sequence
from typing import Final

from kic_vm.history.observations import Observation
from kic_vm.history.periods import Stretch
from kic_vm.history.records import Action, Flavor, Server

_RESIZE: Final = "resize"
_REVERT: Final = "revertResize"


def with_flavors(
    stretches: Sequence[Stretch],
    server: Server,
    actions: Sequence[Action],
    observations: Iterable[Observation],
) -> list[Stretch]:
    """The stretches with their ends and flavors.

    Nova's actions do not name the flavors of a resize. So the flavor is known only since the last
    resize that was not reverted; before it, only an observation can show it. A stretch with
    ``is_end`` is removed.
    """
    resizes = _effective_resizes(actions)
    shown = []
    for number, stretch in enumerate(stretches):
        if stretch.is_end:
            break
        ended_at = stretches[number + 1].started_at if number + 1 < len(stretches) else None
        later = [action for action in resizes if action.updated_at > stretch.started_at]
        flavor: Flavor | None = server.flavor
        if later:
            since = max(
                (
                    action.updated_at
                    for action in resizes
                    if action.updated_at <= stretch.started_at
                ),
                default=None,
            )
            flavor = _observed_flavor(observations, since, later[0], server.flavor)
        shown.append(dataclasses.replace(stretch, ended_at=ended_at, flavor=flavor))
    return shown


def _effective_resizes(actions: Sequence[Action]) -> list[Action]:
    """The resizes that were neither reverted nor refused, oldest first."""
    resizes: list[Action] = []
    for action in actions:
        if action.name == _RESIZE and not action.is_failed:
            resizes.append(action)
        elif action.name == _REVERT and not action.is_failed and resizes:
            resizes.pop()
    return resizes


def _observed_flavor(
    observations: Iterable[Observation],
    since: datetime.datetime | None,
    resize: Action,
    current: Flavor,
) -> Flavor | None:
    """The flavor that was observed between a resize and the resize before it."""
    for observation in observations:
        is_before = observation.at < resize.started_at and (
            since is None or observation.at >= since
        )
        if observation.flavor_id and is_before:
            return (
                current
                if observation.flavor_id == current.id
                else Flavor(observation.flavor_id, None)
            )
    return None
