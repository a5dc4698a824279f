"""Resizes that have done their work: which are confirmed without being asked, and which already.

Nova does not show that a confirmation runs, so the cache remembers those that were sent. It is
not the only one to know: Nova refuses a second one, and from that it is learned anew. But of two
that reach Nova within the same milliseconds it takes both, and the second one to be worked off
leaves the server in Error. So who wants to end a resize takes it first, in the cache.
"""

import contextlib
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, Final

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters.compute import Compute
from kic_vm.adapters.parallel import gather
from kic_vm.mappings.instance_states import is_powered_off, waits_for_confirmation
from kic_vm.metrics import gateway as metrics
from kic_vm.operations.scope import Platform, Scope

JSON = dict[str, Any]

LOG = logging.getLogger(__name__)

ACTION: Final = "confirmResize"
_TAKEN: Final = b"taken"
_TAKEN_TIME: Final = 30.0  # who was killed before the call does not hold up others for longer
_SENT: Final = b"sent"
_SENT_TIME: Final = 300.0
_REFUSED: Final = b"refused"
_REFUSED_TIME: Final = 5.0  # so that polling does not ask Nova each time


def is_under_way(platform: Platform, server: JSON) -> bool:
    """Whether the server's resize is being confirmed."""
    return waits_for_confirmation(server) and platform.cache.get(_key(server)) == _SENT


@contextlib.contextmanager
def ending(platform: Platform, server: JSON, action: str) -> Iterator[None]:
    """For the call of Nova that ends a resize as a user wishes: nobody makes one beside it.

    :raises AlreadyUnderWay: somebody does
    """
    if not _take(platform, server):
        raise exceptions.AlreadyUnderWay
    try:
        yield
    except exceptions.KicVmError:
        _leave(platform, server)
        raise
    if action == ACTION:
        _remember(platform, server)


def _take(platform: Platform, server: JSON) -> bool:
    """Whether the end of a resize is this caller's to decide, and nobody else's for a while."""
    cache, key = platform.cache, _key(server)
    if cache.get(key) == _REFUSED:
        # What stands there cannot be taken in one step: one of those who see it may replace it.
        if not cache.add(f"{key}:again", _TAKEN, _REFUSED_TIME):
            return False
        cache.set(key, _TAKEN, _TAKEN_TIME)
        return True
    return cache.add(key, _TAKEN, _TAKEN_TIME)


def _leave(platform: Platform, server: JSON) -> None:
    platform.cache.set(_key(server), _REFUSED, _REFUSED_TIME)


def _remember(platform: Platform, server: JSON) -> None:
    platform.cache.set(_key(server), _SENT, _SENT_TIME)


def _key(server: JSON) -> str:
    # The end of each resize is a launch, so an earlier resize's note is not taken for this one's.
    return f"resize-confirmation:{server['id']}:{server['OS-SRV-USG:launched_at']}"


def confirm_due(scope: Scope, servers: Iterable[JSON]) -> frozenset[str]:
    """Confirm what [resize] says, in the caller's name; ids of all that are being confirmed.

    One upstream call for each server that needs it. It never fails: what this caller may not
    confirm, or Nova cannot now, is left to others or to later.
    """
    waiting = [server for server in servers if waits_for_confirmation(server)]
    if not waiting:
        return frozenset()
    platform = scope.platform
    due = [server for server in waiting if is_due(platform, server)]
    if due and not scope.context.is_restricted and scope.may("instances:confirm_resize"):
        gather(*(partial(confirm, platform, scope.openstack.compute, server) for server in due))
    return frozenset(server["id"] for server in waiting if is_under_way(platform, server))


def is_due(platform: Platform, server: JSON) -> bool:
    """Whether [resize] wants a waiting server to be confirmed, and nobody has just tried."""
    wanted = platform.conf.resize.confirmation
    if wanted == "manual" or (wanted == "auto_when_stopped" and not is_powered_off(server)):
        return False
    return platform.cache.get(_key(server)) is None


def confirm(platform: Platform, compute: Compute, server: JSON) -> bool:
    """Confirm a server's resize, unless somebody else does; whether that is under way now.

    One upstream call.
    """
    if not platform.cache.add(_key(server), _TAKEN, _TAKEN_TIME):
        return is_under_way(platform, server)
    try:
        compute.act(server["id"], ACTION)
    except exceptions.AlreadyUnderWay:
        _remember(platform, server)
    except exceptions.KicVmError as error:
        LOG.warning("The resize of %s is not confirmed now: %s", server["id"], error)
        _leave(platform, server)
        metrics.count_upkeep("confirm_resize", is_done=False)
        return False
    else:
        LOG.info("The resize of %s is being confirmed", server["id"])
        metrics.count_upkeep("confirm_resize")
        _remember(platform, server)
    return True
