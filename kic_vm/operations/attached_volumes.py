"""The volumes of servers, by their ids: Nova tells the ids, Cinder what is to know of them.

Which volumes a server had the last time is remembered in the process, so that a get need not wait
for Nova before it asks Cinder. What is remembered decides only what is asked for; a server that
has other volumes by now has them fetched.
"""

from collections.abc import Collection
from functools import partial
from typing import Any, Final

from kic_vm import exceptions
from kic_vm.adapters.parallel import gather
from kic_vm.operations.scope import Scope

JSON = dict[str, Any]

# Of one server, that many are asked for by themselves.
MOST_OF_ONE: Final = 8
_REMEMBERED_SECONDS: Final = 3600.0


def ids_of(server: JSON) -> list[str]:
    """The ids of the volumes that are attached to a server."""
    return [item["id"] for item in server["os-extended-volumes:volumes_attached"]]


def expected(scope: Scope, instance_id: str) -> list[str]:
    """The ids of the volumes that a server had the last time; none where that is not known."""
    known = scope.platform.hints.get(_key(scope, instance_id))
    return known.decode().split(",") if known else []


def expect(scope: Scope, instance_id: str, volume_ids: list[str]) -> None:
    """Remember the volumes of a server."""
    ids = ",".join(volume_ids).encode()
    scope.platform.hints.set(_key(scope, instance_id), ids, _REMEMBERED_SECONDS)


def get_volumes(scope: Scope, volume_ids: Collection[str], most: int = MOST_OF_ONE) -> list[JSON]:
    """Those volumes that are there, or all of the project where they are very many.

    One upstream call for each, side by side: Cinder has no filter for several ids, and what its
    list costs depends on what the project has.
    """
    if len(volume_ids) > most:
        return scope.openstack.block_storage.list_volumes()
    found = gather(*(partial(_get_volume, scope, volume_id) for volume_id in volume_ids))
    return [volume for volume in found if volume is not None]


def _get_volume(scope: Scope, volume_id: str) -> JSON | None:
    try:
        return scope.openstack.block_storage.get_volume(volume_id)
    except exceptions.NotFound:  # it is gone, which Nova does not tell at once
        return None


def _key(scope: Scope, instance_id: str) -> str:
    return f"volumes-of:{scope.project_id}:{instance_id}"
