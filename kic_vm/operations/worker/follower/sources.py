# SPDX-License-Identifier: Apache-2.0
"""The lists of Nova and Cinder that the follower reads at each tick.

Both services list the resources that have changed since a time, but not every deletion: Nova omits
servers without a host, and Cinder omits all deleted volumes. So the follower requests a missing
resource by its id, and reports the deletion only if the service itself says that there is none.
"""

import datetime
import itertools
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final, NamedTuple

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.events.known_resources import KnownResources
from kic_vm.events.model import INSTANCE, VOLUME, Sighting
from kic_vm.operations.instances import resize_confirmation
from kic_vm.operations.request import RequestServices
from kic_vm.operations.worker.follower import sightings
from kic_vm.resources.compute import Server

LOG = logging.getLogger(__name__)

# Nova and Cinder set the time before they commit the change, by the clock of their host.
_OVERLAP: Final = datetime.timedelta(seconds=30)
_CHECKED_MAXIMUM: Final = 50
_STAMP: Final = "%Y-%m-%dT%H:%M:%S"


class Reading(NamedTuple):
    """What a source has read."""

    sightings: list[Sighting]
    is_full: bool
    """All resources that exist were listed."""


class Source:
    """One service whose resources the follower reads.

    :param full_interval: seconds between two complete lists
    """

    type: str
    """The type of the resources in events."""
    service_name: str
    """The service's name in logs."""

    def __init__(self, full_interval: float) -> None:
        self._full_interval = full_interval
        self._next_full = 0.0
        self._known: dict[str, Sighting] = {}
        """The last sighting of each resource whose deletion is not recorded yet."""

    @property
    def project_ids(self) -> set[str]:
        """The projects of all known resources."""
        return {sighting.project_id for sighting in self._known.values()}

    def learn(self, known: KnownResources) -> bool:
        """Learn which resources earlier followers knew; whether none can be missing.

        :raises StoreUnavailable: Redis fails
        """
        sightings, is_complete = known.read(self.type, self._known)
        self._known |= {str(sighting.event.id): sighting for sighting in sightings}
        return is_complete

    def read(
        self, services: RequestServices, since: datetime.datetime, *, is_full: bool
    ) -> Reading:
        """Sightings of the resources that have changed since a time, or of all, and of deletions.

        Until it is settled, the next reading has its deletions again, and is full again.

        :raises KicVmError: the service fails, or refuses the gateway's user
        """
        is_full = is_full or time.monotonic() >= self._next_full
        listed = self._list(services, (since - _OVERLAP).strftime(_STAMP), is_full=is_full)
        by_id = {str(sighting.event.id): sighting for sighting in listed}
        gone = self._confirm_gone(services, self._possibly_gone(by_id, is_full=is_full))
        self._known |= by_id | gone
        return Reading([*listed, *gone.values()], is_full)

    def settle(self, reading: Reading) -> None:
        """Note that a reading was recorded."""
        for sighting in reading.sightings:
            if sighting.event.deleted:
                self._known.pop(str(sighting.event.id), None)
        if reading.is_full:
            self._next_full = time.monotonic() + self._full_interval

    def _possibly_gone(self, listed: dict[str, Sighting], *, is_full: bool) -> Iterable[str]:
        """Known resources that may be gone."""
        return [
            resource_id
            for resource_id, last in self._known.items()
            if resource_id not in listed
            and (is_full or last.event.deleted or self._may_vanish(last))
        ]

    def _confirm_gone(
        self, services: RequestServices, resource_ids: Iterable[str]
    ) -> dict[str, Sighting]:
        ids = list(itertools.islice(resource_ids, _CHECKED_MAXIMUM))
        calls = [partial(self._is_gone, services, resource_id) for resource_id in ids]
        answers = gather_reads(*calls)
        self._move_to_end(ids)
        gone = [resource_id for resource_id, is_gone in zip(ids, answers, strict=True) if is_gone]
        if gone and not self._is_admin(services):
            # For any other user, other projects' resources do not exist.
            LOG.warning(
                "The user of [service_user] is not an admin in %s, so it cannot tell which "
                "resources are deleted: %d are not recorded as deleted. Give it the admin role.",
                self.service_name,
                len(gone),
            )
            return {}
        return {resource_id: sightings.deleted(self._known[resource_id]) for resource_id in gone}

    def _is_gone(self, services: RequestServices, resource_id: str) -> bool:
        try:
            return not self._exists(services, resource_id)
        except exceptions.UpstreamError:
            return False  # checked again at the next tick

    def _move_to_end(self, resource_ids: Iterable[str]) -> None:
        for resource_id in resource_ids:
            self._known[resource_id] = self._known.pop(resource_id)

    def _list(self, services: RequestServices, since: str, *, is_full: bool) -> list[Sighting]:
        raise NotImplementedError

    def _may_vanish(self, last: Sighting) -> bool:
        """Whether the lists of changes may omit the deletion of this resource."""
        raise NotImplementedError

    def _exists(self, services: RequestServices, resource_id: str) -> bool:
        """Whether the service has the resource.

        :raises UpstreamError: the service does not say so itself
        """
        raise NotImplementedError

    def _is_admin(self, services: RequestServices) -> bool:
        raise NotImplementedError


class Servers(Source):
    """Nova's servers.

    Two upstream calls, one for each server that may be gone, and one if any of them is.
    """

    type = INSTANCE
    service_name = "Nova"

    def _list(self, services: RequestServices, since: str, *, is_full: bool) -> list[Sighting]:
        compute = services.openstack.compute
        # A new server has no time of change at first.
        building = partial(compute.list_all_servers, "BUILD")
        changed = partial(compute.list_changed_servers, since)
        calls: list[Callable[[], list[Server]]] = [
            compute.list_all_reachable_servers,
            building,
            changed,
        ]
        by_id: dict[str, Server] = {}
        for server in itertools.chain(*gather_reads(*calls[0 if is_full else 1 :])):
            earlier = by_id.get(server["id"])
            if earlier is None or server["updated"] >= earlier["updated"]:
                by_id[server["id"]] = server
        lifecycle = services.app_state.translation.lifecycle
        return [
            sightings.sighting_of_server(
                server,
                lifecycle,
                confirm_in_progress=resize_confirmation.is_under_way(services.app_state, server),
            )
            for server in by_id.values()
        ]

    def _may_vanish(self, last: Sighting) -> bool:
        return last.event.state in {"Building", "Scheduling", "Deleting"}

    def _exists(self, services: RequestServices, resource_id: str) -> bool:
        return services.openstack.compute.find_server(resource_id) is not None

    def _is_admin(self, services: RequestServices) -> bool:
        return services.openstack.compute.is_admin()


class Volumes(Source):
    """Cinder's volumes.

    One upstream call, one for each volume that may be gone, and one if any of them is.
    """

    type = VOLUME
    service_name = "Cinder"

    def _list(self, services: RequestServices, since: str, *, is_full: bool) -> list[Sighting]:
        volumes = services.openstack.block_storage.list_all_volumes(None if is_full else since)
        lifecycle = services.app_state.translation.lifecycle
        return [sightings.sighting_of_listed_volume(volume, lifecycle) for volume in volumes]

    def _may_vanish(self, last: Sighting) -> bool:
        return last.event.state == "Deleting"

    def _exists(self, services: RequestServices, resource_id: str) -> bool:
        return services.openstack.block_storage.find_volume(resource_id) is not None

    def _is_admin(self, services: RequestServices) -> bool:
        return services.openstack.block_storage.is_admin()
