# SPDX-License-Identifier: Apache-2.0
"""The volumes of servers: Nova returns their ids, Cinder their details.

The process remembers two things from earlier reads: which volumes a server had, so that a get can
ask Nova and Cinder at the same time, and how many volumes the project has. They only decide which
requests are sent; when a server's volumes have changed, the current ones are fetched.
"""

import datetime
from collections.abc import Collection
from functools import partial
from typing import Final

from kic_vm import exceptions
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.operations.request import RequestServices
from kic_vm.resources.block_storage import Volume
from kic_vm.resources.compute import Server

# Cinder lists this many volumes in the time that one get by id takes (2.3 ms each, and 30 ms).
_LISTED_FOR_ONE: Final = 13
_REMEMBERED_SECONDS: Final = 3600.0
# Cinder's and Nova's clocks may differ, and a build may take long.
_BEFORE: Final = datetime.timedelta(minutes=5)
_AFTER: Final = datetime.timedelta(hours=1)


def ids_of(server: Server) -> list[str]:
    """The ids of the volumes attached to a server."""
    return [item["id"] for item in server["os-extended-volumes:volumes_attached"]]


def expected(services: RequestServices, instance_id: str) -> list[str]:
    """The ids of the volumes that the server had at the last read; empty when not known."""
    remembered_ids = services.app_state.read_hints.get(_key(services, instance_id))
    return remembered_ids.decode().split(",") if remembered_ids else []


def expect(services: RequestServices, instance_id: str, volume_ids: list[str]) -> None:
    """Remember the volumes of a server."""
    ids = ",".join(volume_ids).encode()
    services.app_state.read_hints.set(_key(services, instance_id), ids, _REMEMBERED_SECONDS)


def list_all(services: RequestServices) -> list[Volume]:
    """All volumes of the project. One upstream call."""
    volumes = services.openstack.block_storage.list_volumes()
    count = str(len(volumes)).encode()
    services.app_state.read_hints.set(_count_key(services), count, _REMEMBERED_SECONDS)
    return volumes


def get_volumes(services: RequestServices, volume_ids: Collection[str]) -> list[Volume]:
    """The existing volumes among these ids, or all of the project's where that costs Cinder less.

    One upstream call. In a project with very many volumes, one call for each id, side by side:
    Cinder has no filter for several ids.
    """
    if len(volume_ids) > 1 and _count(services) <= _LISTED_FOR_ONE * len(volume_ids):
        return list_all(services)
    volumes = gather_reads(*(partial(_get_volume, services, volume_id) for volume_id in volume_ids))
    return [volume for volume in volumes if volume is not None]


def find_volumes(services: RequestServices, servers: Collection[Server]) -> list[Volume]:
    """The volumes of a few servers in a large project, possibly with others. 1 or 2 upstream calls.

    Most volumes are created with their server. So Cinder is asked for the volumes created around
    the time of the servers, and for all volumes only when one of the servers' is missing.
    """
    attached_ids = {volume_id for server in servers for volume_id in ids_of(server)}
    if not attached_ids:
        return []
    created = sorted(datetime.datetime.fromisoformat(server["created"]) for server in servers)
    created_between = (_text(created[0] - _BEFORE), _text(created[-1] + _AFTER))
    volumes = services.openstack.block_storage.list_volumes(created_between)
    return volumes if attached_ids <= {volume["id"] for volume in volumes} else list_all(services)


def _get_volume(services: RequestServices, volume_id: str) -> Volume | None:
    try:
        return services.openstack.block_storage.get_volume(volume_id)
    except exceptions.NotFound:  # deleted; Nova may show it for a while
        return None


def _text(time: datetime.datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S")


def _count(services: RequestServices) -> int:
    """The number of volumes that the project had at the last read; 0 when not known."""
    return int(services.app_state.read_hints.get(_count_key(services)) or 0)


def _count_key(services: RequestServices) -> str:
    return f"volume-count-of:{services.project_id}"


def _key(services: RequestServices, instance_id: str) -> str:
    return f"volumes-of:{services.project_id}:{instance_id}"
