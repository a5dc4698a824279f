"""The volumes of servers, by their ids: Nova tells the ids, Cinder what is to know of them.

What was so the last time is remembered in the process: which volumes a server had, so that a get
need not wait for Nova before it asks Cinder, and how many the project has. It decides only what is
asked for; a server that has other volumes by now has them fetched.
"""

import datetime
from collections.abc import Collection
from functools import partial
from typing import Any, Final

from kic_vm import exceptions
from kic_vm.adapters.interleaved import gather_reads
from kic_vm.operations.request import RequestServices

JSON = dict[str, Any]

# Cinder lists so many volumes in the time in which it gives one by its id (2.3 ms and 30 ms).
_LISTED_FOR_ONE: Final = 13
_REMEMBERED_SECONDS: Final = 3600.0
# Cinder's clock is not Nova's, and a build may take its time.
_BEFORE: Final = datetime.timedelta(minutes=5)
_AFTER: Final = datetime.timedelta(hours=1)


def ids_of(server: JSON) -> list[str]:
    """The ids of the volumes that are attached to a server."""
    return [item["id"] for item in server["os-extended-volumes:volumes_attached"]]


def expected(services: RequestServices, instance_id: str) -> list[str]:
    """The ids of the volumes that a server had the last time; none where that is not known."""
    known = services.app_state.read_hints.get(_key(services, instance_id))
    return known.decode().split(",") if known else []


def expect(services: RequestServices, instance_id: str, volume_ids: list[str]) -> None:
    """Remember the volumes of a server."""
    ids = ",".join(volume_ids).encode()
    services.app_state.read_hints.set(_key(services, instance_id), ids, _REMEMBERED_SECONDS)


def list_all(services: RequestServices) -> list[JSON]:
    """All volumes of the project. One upstream call."""
    volumes = services.openstack.block_storage.list_volumes()
    count = str(len(volumes)).encode()
    services.app_state.read_hints.set(_count_key(services), count, _REMEMBERED_SECONDS)
    return volumes


def get_volumes(services: RequestServices, volume_ids: Collection[str]) -> list[JSON]:
    """Those volumes that are there, or all of the project where that costs Cinder less.

    One upstream call; of a project with very many volumes one for each that is wanted, side by
    side, for Cinder has no filter for several ids.
    """
    if len(volume_ids) > 1 and _count(services) <= _LISTED_FOR_ONE * len(volume_ids):
        return list_all(services)
    found = gather_reads(*(partial(_get_volume, services, volume_id) for volume_id in volume_ids))
    return [volume for volume in found if volume is not None]


def find_volumes(services: RequestServices, servers: Collection[JSON]) -> list[JSON]:
    """The volumes of some servers of very many, and others. 1 or 2 upstream calls.

    Most volumes are made with their server. So Cinder is asked for those that were made when the
    servers were, and only where one is not among them for all.
    """
    wanted = {volume_id for server in servers for volume_id in ids_of(server)}
    if not wanted:
        return []
    created = sorted(datetime.datetime.fromisoformat(server["created"]) for server in servers)
    made = (_text(created[0] - _BEFORE), _text(created[-1] + _AFTER))
    found = services.openstack.block_storage.list_volumes(made)
    return found if wanted <= {volume["id"] for volume in found} else list_all(services)


def _get_volume(services: RequestServices, volume_id: str) -> JSON | None:
    try:
        return services.openstack.block_storage.get_volume(volume_id)
    except exceptions.NotFound:  # it is gone, which Nova does not tell at once
        return None


def _text(time: datetime.datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S")


def _count(services: RequestServices) -> int:
    """How many volumes the project had the last time; 0 where that is not known."""
    return int(services.app_state.read_hints.get(_count_key(services)) or 0)


def _count_key(services: RequestServices) -> str:
    return f"volume-count-of:{services.project_id}"


def _key(services: RequestServices, instance_id: str) -> str:
    return f"volumes-of:{services.project_id}:{instance_id}"
