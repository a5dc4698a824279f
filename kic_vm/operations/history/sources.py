# SPDX-License-Identifier: Apache-2.0
"""The observations of the follower, from the event streams."""

import datetime
from collections.abc import Iterator

from oslo_log import log as logging

from kic_vm.cache.store import StoreUnavailable
from kic_vm.events.model import GAP, INSTANCE, Event
from kic_vm.events.stream import CursorExpiredError, EventStream
from kic_vm.history.observations import Observation
from kic_vm.operations.request import RequestServices

LOG = logging.getLogger(__name__)


def observations_of(services: RequestServices, project_id: str) -> dict[str, list[Observation]]:
    """The observations of a project's instances by instance id, oldest first.

    Empty without Redis or without a follower. Each gap is added to every instance that has an
    observation. One Redis command for each page of the stream.
    """
    hub = services.app_state.event_hub
    if hub is None:
        return {}
    gaps: list[Observation] = []
    observations: dict[str, list[Observation]] = {}
    try:
        for event in _events(hub.stream, project_id):
            if event.type == INSTANCE and event.id and event.state and not event.deleted:
                observations.setdefault(event.id, []).append(
                    Observation(event.id, event.state, _time_of(event), event.flavor_id)
                )
            elif event.type == GAP:
                gaps.append(Observation("", "", _time_of(event), is_gap=True))
    except CursorExpiredError:  # the stream was trimmed meanwhile
        LOG.info("Some events of project %s were removed while they were read", project_id)
    except StoreUnavailable as error:
        LOG.warning("The events of project %s cannot be read: %s", project_id, error)
        return {}
    return {
        instance_id: sorted([*own_observations, *gaps], key=lambda observation: observation.at)
        for instance_id, own_observations in observations.items()
    }


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
