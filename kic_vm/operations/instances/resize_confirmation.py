# SPDX-License-Identifier: Apache-2.0
"""Automatic confirmation of finished resizes.

Nova does not show that a confirmation is in progress, so the cache records each one that was sent.
A lost record is recovered: Nova refuses a second confirmation, and the refusal restores the record.
But Nova accepts two confirmations that arrive within the same milliseconds, and the second one puts
the server into ERROR. So a process acquires the resize's lease in the cache before it confirms or
reverts. Where the processes share no cache, only one of them confirms: see [resize] confirmed_by.
"""

import contextlib
import datetime
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

from oslo_config import cfg
from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters.compute import Compute
from kic_vm.adapters.http import time_limits
from kic_vm.adapters.parallel import run_in_threads
from kic_vm.idempotent_request import Earlier
from kic_vm.mappings.instance_states import (
    is_powered_off,
    waiting_since,
    waits_for_confirmation,
)
from kic_vm.metrics import gateway as metrics
from kic_vm.operations.request import AppState, RequestServices
from kic_vm.resources.compute import Server

LOG = logging.getLogger(__name__)

ACTION: Final = "confirmResize"
_TAKEN: Final = b"taken"
_SETTLE_TIME: Final = 30.0  # how long Nova may still process a call whose answer was lost
_SENT: Final = b"sent"
_SENT_TIME: Final = 300.0
_REFUSED: Final = b"refused"
_REFUSED_TIME: Final = 5.0  # so that polling clients do not cause a call to Nova each time


def worker_confirms(conf: cfg.ConfigOpts) -> bool:
    """Whether a worker confirms resizes."""
    return conf.resize.confirmed_by == "worker" or bool(conf.redis.url) or conf.api.workers > 1


def _gateway_confirms(services: RequestServices) -> bool:
    """Whether this process confirms the resizes of the instances that it reads."""
    conf = services.app_state.conf
    if conf.resize.confirmed_by == "worker":
        return False
    is_only_process = conf.api.workers == 1 and not services.context.is_multiprocess
    return bool(conf.redis.url) or is_only_process


def is_under_way(app_state: AppState, server: Server) -> bool:
    """Whether the server's resize is being confirmed."""
    return waits_for_confirmation(server) and app_state.cache.get(_key(server)) == _SENT


@contextlib.contextmanager
def resize_lease(services: RequestServices, server: Server, action: str) -> Iterator[None]:
    """Hold the resize's lease while a user's confirmation or reversion is sent to Nova.

    :raises AlreadyUnderWay: another request or process holds the lease
    """
    app_state = services.app_state
    if not _acquire_lease(services, server):
        raise exceptions.AlreadyUnderWay
    try:
        yield
    except exceptions.KicVmError as error:
        _release_lease(app_state, server, error)
        raise
    if action == ACTION:
        _remember(app_state, server)


def _acquire_lease(services: RequestServices, server: Server) -> bool:
    """Acquire the lease on a server's resize for a user's request; whether that succeeded."""
    cache, key = services.app_state.cache, _key(server)
    taken, seconds = _TAKEN, _lease_time(services.app_state)
    request = services.context.idempotent_request
    if request is not None:
        taken += request.identity.encode()
    holder = cache.get(key)
    if request is not None and request.earlier is Earlier.LOST and holder == taken:
        # The lease of an earlier attempt, whose process has died.
        cache.set(key, taken, seconds)
        return True
    if holder == _REFUSED:
        # The cache cannot compare and replace in one step: a second key lets one caller replace it.
        if not cache.add(f"{key}:again", _TAKEN, _REFUSED_TIME):
            return False
        cache.set(key, taken, seconds)
        return True
    return cache.add(key, taken, seconds)


def _lease_time(app_state: AppState) -> float:
    """Seconds after which the call of a process that was killed can have no more effect."""
    return time_limits.load(app_state.conf)["compute"].total + _SETTLE_TIME


def _release_lease(app_state: AppState, server: Server, error: exceptions.KicVmError) -> None:
    """Let others try again soon; later if Nova may still process the request.

    A second request could collide with it.
    """
    if error.is_outcome_unknown:
        app_state.cache.set(_key(server), _TAKEN, _SETTLE_TIME)
    else:
        app_state.cache.set(_key(server), _REFUSED, _REFUSED_TIME)


def _remember(app_state: AppState, server: Server) -> None:
    app_state.cache.set(_key(server), _SENT, _SENT_TIME)


def _key(server: Server) -> str:
    # Each resize ends with a launch, so the key of an earlier resize differs from this one's.
    return f"resize-confirmation:{server['id']}:{server['OS-SRV-USG:launched_at']}"


def confirm_due(services: RequestServices, servers: Iterable[Server]) -> frozenset[str]:
    """Confirm due resizes with the caller's token; the ids of all servers being confirmed.

    One upstream call for each server that [resize] asks to confirm. It never fails: a resize that
    the caller may not confirm, or that Nova cannot confirm now, is left to others or to later.
    """
    waiting = [server for server in servers if waits_for_confirmation(server)]
    if not waiting:
        return frozenset()
    if services.context.read_log is not None:
        services.context.read_log.note_more()  # the time decides
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


def is_due(app_state: AppState, server: Server) -> bool:
    """Whether [resize] asks to confirm a waiting server, and no process has tried just now."""
    return _is_confirmable(app_state.conf, server) and app_state.cache.get(_key(server)) is None


def _is_confirmable(conf: cfg.ConfigOpts, server: Server) -> bool:
    """Whether a waiting server is confirmed at once, or its confirm_window is over."""
    options = conf.resize
    if options.confirmation == "auto":
        return True
    if options.confirmation == "auto_when_stopped" and is_powered_off(server):
        return True
    if not options.confirm_window:
        return False
    window = datetime.timedelta(seconds=options.confirm_window)
    return datetime.datetime.now(datetime.UTC) - waiting_since(server) >= window


def confirm(app_state: AppState, compute: Compute, server: Server) -> bool:
    """Confirm a server's resize, unless another process does; whether it is being confirmed now.

    One upstream call.
    """
    if not app_state.cache.acquire(_key(server), _TAKEN, _lease_time(app_state)):
        return is_under_way(app_state, server)
    try:
        with app_state.recent_lists.changing(server["tenant_id"]):
            compute.act(server["id"], ACTION)
    except exceptions.AlreadyUnderWay:
        _remember(app_state, server)
    except exceptions.KicVmError as error:
        LOG.warning("Could not confirm the resize of server %s: %s", server["id"], error)
        _release_lease(app_state, server, error)
        metrics.count_upkeep("confirm_resize", is_done=False)
        return False
    else:
        LOG.info("Confirming the resize of server %s", server["id"])
        metrics.count_upkeep("confirm_resize")
        _remember(app_state, server)
    return True
