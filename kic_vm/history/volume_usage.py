# SPDX-License-Identifier: Apache-2.0
"""Usage of volumes: a pure function of Cinder's list and of observations.

Cinder does not record the past of a volume. It shows the state and the size since the last change.
Observations show them before that, and show deleted volumes. The rest is unknown.
"""

import dataclasses
import datetime
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from kic_vm.history.observations import VolumeObservation
from kic_vm.history.records import time_of
from kic_vm.history.usage import Window
from kic_vm.lifecycle.table import LifecycleTables
from kic_vm.resources.block_storage import Volume

# Within this time, the first observation shows the volume since its creation.
_TOLERANCE: Final = datetime.timedelta(seconds=2)


class VolumeState(NamedTuple):
    """The documented state and the size of a volume."""

    state: str
    size: int
    """In GiB."""


@dataclasses.dataclass(slots=True)
class VolumeSeconds:
    """The seconds of one volume in a window."""

    volume_id: str
    name: str | None
    current: VolumeState
    """The last known state and size."""
    is_deleted: bool
    states: dict[VolumeState, int] = dataclasses.field(default_factory=dict)
    """The seconds in each state and size, in the order in which the volume had them."""
    unknown_seconds: int = 0
    """Neither Cinder nor an observation shows the state."""

    @property
    def seconds(self) -> int:
        """The known seconds."""
        return sum(self.states.values())

    @property
    def gib_seconds(self) -> int:
        """The known seconds times the size in GiB."""
        return sum(seconds * known.size for known, seconds in self.states.items())


class _Stretch(NamedTuple):
    """A part of a timeline up to the next one; ``known`` is None if the state is unknown."""

    started_at: datetime.datetime
    known: VolumeState | None


def volume_usage(
    volumes: Iterable[Volume],
    observations: Mapping[str, Sequence[VolumeObservation]],
    window: Window,
    lifecycle: LifecycleTables,
) -> list[VolumeSeconds]:
    """The seconds of a project's volumes in a window; volumes without seconds are omitted.

    :param volumes: the project's volumes, as Cinder lists them
    :param observations: by volume id, oldest first; those of other volumes are deleted volumes
    """
    listed = {volume["id"]: volume for volume in volumes}
    shown = [
        _existing(volume, observations.get(volume_id, ()), window, lifecycle)
        for volume_id, volume in listed.items()
    ]
    shown += [
        _missing(volume_id, seen, window)
        for volume_id, seen in observations.items()
        if volume_id not in listed
    ]
    return [usage for usage in shown if usage.seconds or usage.unknown_seconds]


def _existing(
    volume: Volume,
    observations: Sequence[VolumeObservation],
    window: Window,
    lifecycle: LifecycleTables,
) -> VolumeSeconds:
    """A volume that Cinder lists. Its state has been the current one since its last change."""
    created_at = time_of(volume["created_at"])
    changed_at = max(created_at, time_of(volume["updated_at"] or volume["created_at"]))
    current = VolumeState(lifecycle.volume_state(volume["status"]).state, volume["size"])
    stretches = [_Stretch(created_at, None)]
    stretches += [
        _Stretch(max(created_at, stretch.started_at), stretch.known)
        for stretch in _stretches_of(observations)
    ]
    if len(stretches) > 1 and stretches[1].started_at - created_at <= _TOLERANCE:
        stretches[0] = _Stretch(created_at, stretches[1].known)
    if stretches[-1].known != current:
        # A change that was seen after Cinder's time of it does not end before that time.
        stretches = [stretch for stretch in stretches if stretch.started_at < changed_at]
        stretches.append(_Stretch(changed_at, current))
    usage = VolumeSeconds(volume["id"], volume["name"] or None, current, is_deleted=False)
    return _with_seconds(usage, stretches, window)


def _missing(
    volume_id: str, observations: Sequence[VolumeObservation], window: Window
) -> VolumeSeconds:
    """A volume that Cinder does not list. Before its first observation, it is not counted.

    Without an observation of its deletion, its end is unknown.
    """
    states = [observation for observation in observations if not observation.is_gap]
    last = states[-1]
    known = [seen for observation in states if (seen := _state_of(observation)) is not None]
    current = known[-1] if known else VolumeState(last.state, 0)
    usage = VolumeSeconds(volume_id, last.name, current, is_deleted=last.is_deleted)
    first_at = states[0].at
    stretches = _stretches_of(
        observation for observation in observations if observation.at >= first_at
    )
    if last.is_deleted:
        deleted_at = last.at.replace(microsecond=0)
        before = [stretch for stretch in stretches if stretch.started_at < deleted_at]
        limited = Window(window.start, min(window.end, deleted_at))
        return _with_seconds(usage, before, limited)
    return _with_seconds(usage, [*stretches, _Stretch(stretches[-1].started_at, None)], window)


def _stretches_of(observations: Iterable[VolumeObservation]) -> list[_Stretch]:
    return [
        _Stretch(observation.at.replace(microsecond=0), _state_of(observation))
        for observation in observations
    ]


def _state_of(observation: VolumeObservation) -> VolumeState | None:
    if observation.is_gap or observation.size is None:
        return None
    return VolumeState(observation.state, observation.size)


def _with_seconds(
    usage: VolumeSeconds, stretches: Sequence[_Stretch], window: Window
) -> VolumeSeconds:
    """Add the seconds of the stretches; there are none if only a deletion was observed."""
    after_last = _Stretch(window.end, None)
    for stretch, following in itertools.pairwise([*stretches, after_last]):
        start = max(stretch.started_at, window.start)
        end = min(following.started_at, window.end)
        seconds = max(0, int((end - start).total_seconds()))
        if not seconds:
            continue
        if stretch.known is None:
            usage.unknown_seconds += seconds
        else:
            usage.states[stretch.known] = usage.states.get(stretch.known, 0) + seconds
    return usage
