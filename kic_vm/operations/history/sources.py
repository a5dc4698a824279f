# SPDX-License-Identifier: Apache-2.0
"""The observations of the follower, from the event streams."""

import dataclasses
import datetime
import operator
from collections.abc import Iterable, Iterator

from oslo_log import log as logging

from kic_vm.cache.store import StoreUnavailable
from kic_vm.events.model import GAP, VOLUME, Event
from kic_vm.events.reader import CursorExpiredError
from kic_vm.events.stream import EventStream
from kic_vm.history.observations import Observation, VolumeObservation
from kic_vm.operations.request import RequestServices

LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class Observations:
    """The observations of a project by resource id, oldest first.

    Each gap is added to every resource that has an observation.
    """

    instances: dict[str, list[Observation]] = dataclasses.field(default_factory=dict)
    volumes: dict[str, list[VolumeObservation]] = dataclasses.field(default_factory=dict)


def observations_of(services: RequestServices, project_id: str) -> Observations:
    """The observations of a project's instances and volumes.

    Empty without Redis or without a follower. One Redis command for each page of the stream.
    """
    hub = services.app_state.event_hub
    if hub is None:
        return Observations()
    events: list[Event] = []
    try:
        events.extend(_events(hub.stream, project_id))
    except CursorExpiredError:  # the stream was trimmed meanwhile
        LOG.info("Some events of project %s were removed while they were read", project_id)
    except StoreUnavailable as error:
        LOG.warning("The events of project %s cannot be read: %s", project_id, error)
        return Observations()
    return _from_events(events)


def _from_events(events: Iterable[Event]) -> Observations:
    result = Observations()
    gaps: list[Observation] = []
    volume_gaps: list[VolumeObservation] = []
    for event in events:
        at = _time_of(event)
        if event.type == GAP:
            gaps.append(Observation("", "", at, is_gap=True))
            volume_gaps.append(VolumeObservation("", None, "", None, at, is_gap=True))
        elif event.id is None or event.state is None:
            continue
        elif event.type == VOLUME:
            seen = VolumeObservation(
                event.id, event.name, event.state, event.size, at, is_deleted=event.deleted
            )
            result.volumes.setdefault(event.id, []).append(seen)
        elif not event.deleted:
            observation = Observation(event.id, event.state, at, event.flavor_id)
            result.instances.setdefault(event.id, []).append(observation)
    for instance_observations in result.instances.values():
        instance_observations.extend(gaps)
        instance_observations.sort(key=operator.attrgetter("at"))
    for volume_observations in result.volumes.values():
        volume_observations.extend(volume_gaps)
        volume_observations.sort(key=operator.attrgetter("at"))
    return result


def _events(stream: EventStream, project_id: str) -> Iterator[Event]:
    page = stream.read_oldest(project_id)
    while True:
        for _position, event in page.entries:
            yield event
        if page.is_last:
            return
        page = stream.read(project_id, page.cursor)


def _time_of(event: Event) -> datetime.datetime:
    moment = datetime.datetime.fromisoformat(event.at or event.seen_at)
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
