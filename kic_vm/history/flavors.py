# SPDX-License-Identifier: Apache-2.0
"""The flavor of each period: Nova shows only the current one."""

import datetime
from collections.abc import Iterable, Sequence
from typing import Final

from kic_vm.history.observations import Observation
from kic_vm.history.records import Action, Flavor, Server

_RESIZE: Final = "resize"
_REVERT: Final = "revertResize"


class Flavors:
    """The flavors of an instance over time.

    Nova's actions do not name the flavors of a resize. So the flavor is known only since the last
    resize that was not reverted; before it, only an observation can show it.
    """

    def __init__(
        self, server: Server, actions: Sequence[Action], observations: Sequence[Observation]
    ) -> None:
        self._current = server.flavor
        self._observations = observations
        self._resizes = _effective_resizes(actions)

    def at(self, moment: datetime.datetime) -> Flavor | None:
        """The flavor at a time; None if it is unknown."""
        later = [action for action in self._resizes if action.updated_at > moment]
        if not later:
            return self._current
        earlier = [action.updated_at for action in self._resizes if action.updated_at <= moment]
        since = max(earlier, default=None)
        return _observed_flavor(self._observations, since, later[0], self._current)


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
