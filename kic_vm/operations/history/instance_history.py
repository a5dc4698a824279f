# SPDX-License-Identifier: Apache-2.0
"""The history of an instance: its periods, each with its evidence."""

import datetime
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from kic_vm import exceptions
from kic_vm.adapters.compute import servers as compute_servers
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.cache.stored_lists import Pagination
from kic_vm.history import ledger, records, timeline
from kic_vm.history.periods import Period
from kic_vm.mappings import periods as mapping
from kic_vm.operations.history import actions, sources
from kic_vm.operations.instances import flavors, resize_confirmation, state_since
from kic_vm.operations.ownership import get_own_server
from kic_vm.operations.request import RequestServices
from kic_vm.resources.compute import InstanceAction, Server

_DELETE: Final = "delete"


def list_periods(
    services: RequestServices, instance_id: str, query: Mapping[str, Any]
) -> tuple[list[mapping.PeriodView], Pagination]:
    """A page of the periods of an instance, newest first.

    2 upstream calls side by side, one more for a deleted instance, and those of
    ``actions.with_deciding_events``.

    :raises NotFound: the project never had this instance, or Nova has archived it
    """
    now = now_in_seconds()
    periods = _periods(services, instance_id, now)
    limit, offset = query["limit"], query["offset"]
    shown = [mapping.period_from_period(period, now) for period in reversed(periods)]
    return shown[offset : offset + limit], {
        "total": len(shown),
        "offset": offset,
        "limit": limit,
    }


def draw_timeline(services: RequestServices, instance_id: str) -> str:
    """The periods of an instance as an SVG picture; the same calls as ``list_periods``."""
    now = now_in_seconds()
    return timeline.as_svg(_periods(services, instance_id, now), now)


def now_in_seconds() -> datetime.datetime:
    """The time in whole seconds, as Nova's record has them."""
    return datetime.datetime.now(datetime.UTC).replace(microsecond=0)


def _periods(services: RequestServices, instance_id: str, now: datetime.datetime) -> list[Period]:
    try:
        server, listed = gather_reads(
            partial(_existing_server, services, instance_id),
            partial(services.openstack.compute.list_actions, instance_id),
        )
    except exceptions.Forbidden as error:  # another project's server
        raise exceptions.NotFound from error
    if server is None:
        server = _deleted_server(services, instance_id, listed)
    own_actions = actions.with_deciding_events(services, server, listed)
    name = server["flavor"]["original_name"]
    is_confirming = resize_confirmation.is_under_way(services.app_state, server)
    periods = ledger.periods(
        records.server_from_server(
            server,
            services.app_state.translation.lifecycle,
            flavors.ids_by_name(services, [name]),
            is_confirming=is_confirming,
        ),
        records.actions_from_actions(own_actions),
        sources.observations_of(services, services.project_id).instances.get(instance_id, ()),
        now,
    )
    _remember_current(services, server, periods)
    return periods


def _remember_current(services: RequestServices, server: Server, periods: list[Period]) -> None:
    """Remember the start of the current period, so that a get of the instance can show it."""
    current = periods[-1]
    if current.state is None or current.ended_at is not None:
        return
    billed_from = None
    for period in reversed(periods):
        if not period.billable:
            break
        billed_from = mapping.stamp(period.started_at)
    since = mapping.stamp(current.started_at)
    state_since.remember(services, server, current.state, since, billed_from)


def _existing_server(services: RequestServices, instance_id: str) -> Server | None:
    try:
        return get_own_server(services, instance_id, compute_servers.RECORD)
    except exceptions.NotFound:
        return None


def _deleted_server(
    services: RequestServices, instance_id: str, listed: list[InstanceAction]
) -> Server:
    """A deleted server of the project. Nova shows it only in the list of changed servers."""
    for action in listed:
        if action["action"] == _DELETE:
            changed = services.openstack.compute.list_changed_server_records(
                records.time_of(action["start_time"]).strftime("%Y-%m-%dT%H:%M:%SZ")
            )
            for server in changed:
                if server["id"] == instance_id and server["tenant_id"] == services.project_id:
                    return server
            break
    raise exceptions.NotFound
