"""Resizes that have done their work: which are confirmed without being asked, and which already.

Nova does not show that a confirmation runs, so the cache remembers those that were sent. It is
not the only one to know: Nova refuses a second one, and from that it is learned anew. But of two
confirmations that reach Nova within the same milliseconds it takes both, and the second one leaves
the server in Error. So whoever wants to end a resize first acquires its lease in the cache. Where
the processes share no cache, only one of them confirms: see [resize] confirmed_by.
"""

import contextlib
import datetime
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, Final

from oslo_config import cfg
from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters.compute import Compute
from kic_vm.adapters.parallel import run_in_threads
from kic_vm.mappings.instance_states import (
    is_powered_off,
    waiting_since,
    waits_for_confirmation,
)
from kic_vm.metrics import gateway as metrics
from kic_vm.operations.request import AppState, RequestServices

JSON = dict[str, Any]

LOG = logging.getLogger(__name__)

ACTION: Final = "confirmResize"
_TAKEN: Final = b"taken"
_TAKEN_TIME: Final = 30.0  # a process that was killed before the call does not block it for longer
_SENT: Final = b"sent"
_SENT_TIME: Final = 300.0
_REFUSED: Final = b"refused"
_REFUSED_TIME: Final = 5.0  # so that polling does not ask Nova each time


def worker_confirms(conf: cfg.ConfigOpts) -> bool:
    """Whether a worker confirms resizes."""
    return conf.resize.confirmed_by == "worker" or bool(conf.redis.url) or conf.api.workers > 1


def _gateway_confirms(services: RequestServices) -> bool:
    """Whether this process confirms the resizes of the instances that it shows."""
    conf = services.app_state.conf
    if conf.resize.confirmed_by == "worker":
        return False
    is_only_process = conf.api.workers == 1 and not services.context.is_multiprocess
    return bool(conf.redis.url) or is_only_process


def is_under_way(app_state: AppState, server: JSON) -> bool:
    """Whether the server's resize is being confirmed."""
    return waits_for_confirmation(server) and app_state.cache.get(_key(server)) == _SENT


@contextlib.contextmanager
def resize_lease(app_state: AppState, server: JSON, action: str) -> Iterator[None]:
    """Hold the lease while Nova is told to end a resize as a user asked.

    :raises AlreadyUnderWay: another request or process holds it
    """
    if not _take(app_state, server):
        raise exceptions.AlreadyUnderWay
    try:
        yield
    except exceptions.KicVmError as error:
        _leave_after(app_state, server, error)
        raise
    if action == ACTION:
        _remember(app_state, server)


def _take(app_state: AppState, server: JSON) -> bool:
    """Whether the end of a resize is this caller's to decide, and nobody else's for a while."""
    cache, key = app_state.cache, _key(server)
    if cache.get(key) == _REFUSED:
        # What stands there cannot be taken in one step: one of those who see it may replace it.
        if not cache.add(f"{key}:again", _TAKEN, _REFUSED_TIME):
            return False
        cache.set(key, _TAKEN, _TAKEN_TIME)
        return True
    return cache.add(key, _TAKEN, _TAKEN_TIME)


def _leave_after(app_state: AppState, server: JSON, error: exceptions.KicVmError) -> None:
    """Let others try again soon; after a timeout only when the lease has expired.

    What Nova did not answer in time it may still do, and then a second call could meet the first.
    """
    if not isinstance(error, exceptions.UpstreamTimeout):
        app_state.cache.set(_key(server), _REFUSED, _REFUSED_TIME)


def _remember(app_state: AppState, server: JSON) -> None:
    app_state.cache.set(_key(server), _SENT, _SENT_TIME)


def _key(server: JSON) -> str:
    # The end of each resize is a launch, so an earlier resize's note is not taken for this one's.
    return f"resize-confirmation:{server['id']}:{server['OS-SRV-USG:launched_at']}"


def confirm_due(services: RequestServices, servers: Iterable[JSON]) -> frozenset[str]:
    """Confirm what [resize] says, in the caller's name; ids of all that are being confirmed.

    One upstream call for each server that needs it. It never fails: what this caller may not
    confirm, or Nova cannot now, is left to others or to later.
    """
    waiting = [server for server in servers if waits_for_confirmation(server)]
    if not waiting:
        return frozenset()
    app_state = services.app_state
    due = [server for server in waiting if is_due(app_state, server)]
    if (
        due
        and _gateway_confirms(services)
        and not services.context.is_restricted
        and services.may("instances:confirm_resize")
    ):
        run_in_threads(
            *(partial(confirm, app_state, services.openstack.compute, server) for server in due)
        )
    return frozenset(server["id"] for server in waiting if is_under_way(app_state, server))


def is_due(app_state: AppState, server: JSON) -> bool:
    """Whether [resize] wants a waiting server to be confirmed, and nobody has just tried."""
    return _must_not_wait(app_state.conf, server) and app_state.cache.get(_key(server)) is None


def _must_not_wait(conf: cfg.ConfigOpts, server: JSON) -> bool:
    """Whether a waiting server is confirmed at once, or its time is over."""
    options = conf.resize
    if options.confirmation == "auto":
        return True
    if options.confirmation == "auto_when_stopped" and is_powered_off(server):
        return True
    if not options.confirm_window:
        return False
    window = datetime.timedelta(seconds=options.confirm_window)
    return datetime.datetime.now(datetime.UTC) - waiting_since(server) >= window


def confirm(app_state: AppState, compute: Compute, server: JSON) -> bool:
    """Confirm a server's resize, unless somebody else does; whether that is under way now.

    One upstream call.
    """
    if not app_state.cache.acquire(_key(server), _TAKEN, _TAKEN_TIME):
        return is_under_way(app_state, server)
    try:
        compute.act(server["id"], ACTION)
    except exceptions.AlreadyUnderWay:
        _remember(app_state, server)
    except exceptions.KicVmError as error:
        LOG.warning("The resize of %s is not confirmed now: %s", server["id"], error)
        _leave_after(app_state, server, error)
        metrics.count_upkeep("confirm_resize", is_done=False)
        return False
    else:
        LOG.info("The resize of %s is being confirmed", server["id"])
        metrics.count_upkeep("confirm_resize")
        _remember(app_state, server)
    return True
