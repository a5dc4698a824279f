# SPDX-License-Identifier: Apache-2.0
"""The usage of a project: seconds of its instances and volumes in a window of time."""

import datetime
import functools
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from kic_vm import exceptions
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.exceptions import FieldErrorCode
from kic_vm.history import ledger, records, usage, volume_usage
from kic_vm.history.observations import Observation
from kic_vm.history.usage import InstancePeriods, Window
from kic_vm.history.volume_usage import VolumeSeconds
from kic_vm.mappings import usage as mapping
from kic_vm.operations.history import sources
from kic_vm.operations.history.instance_history import now_in_seconds
from kic_vm.operations.history.listed_servers import Coverage
from kic_vm.operations.history.project_record import Progress, read_record
from kic_vm.operations.history.sources import Observations
from kic_vm.operations.instances import flavors
from kic_vm.operations.request import RequestServices

_LONGEST: Final = datetime.timedelta(days=366)


def get_usage(services: RequestServices, query: Mapping[str, Any]) -> mapping.UsageView:
    """The usage of the caller's project.

    5 upstream calls, and one for each instance that Nova has changed since the last reading; see
    ``project_record``. One more if the name of a flavor is not cached.

    :raises InvalidRequest: the window is empty or too long
    :raises NotFound: the project had no instance ``instance_id`` in the window
    :raises UpstreamUnavailable: a part of Nova does not answer
    """
    now = now_in_seconds()
    window = window_of(query.get("start"), query.get("end"), now)
    observations_of = functools.cache(partial(sources.observations_of, services))
    instances, volumes = gather_reads(
        partial(
            read_instances,
            services,
            Coverage(services.project_id),
            window,
            now,
            observations_of=observations_of,
        ),
        services.openstack.block_storage.list_volumes,
    )
    if "instance_id" in query:
        instances = [
            instance for instance in instances if instance.server.id == query["instance_id"]
        ]
        if not instances:
            raise exceptions.NotFound(
                "instance_id: the project had no such instance between start and end."
            )
        shown_volumes: list[VolumeSeconds] = []
    else:
        shown_volumes = volume_usage.volume_usage(
            (
                volume
                for volume in volumes
                if volume["os-vol-tenant-attr:tenant_id"] == services.project_id
            ),
            observations_of(services.project_id).volumes,
            window,
            services.app_state.translation.lifecycle,
        )
    groups = usage.group(instances, window, query["group_by"])
    return mapping.usage_from_groups(
        services.project_id, window, query["group_by"], groups, shown_volumes
    )


def window_of(
    start: datetime.datetime | None, end: datetime.datetime | None, now: datetime.datetime
) -> Window:
    """The window from ``start``, by default the current month, until ``end``, by default now.

    An end in the future is replaced by now.

    :raises InvalidRequest: the window is empty or too long
    """
    month = now.replace(day=1, hour=0, minute=0, second=0)
    window = Window(start or month, min(end or now, now))
    if window.start >= window.end:
        raise exceptions.InvalidField("start", "must be before end, and in the past.")
    if window.end - window.start > _LONGEST:
        raise exceptions.InvalidField(
            "start", "must be at most 366 days before end.", FieldErrorCode.OUT_OF_RANGE
        )
    return window


def read_instances(
    services: RequestServices,
    coverage: Coverage,
    window: Window,
    now: datetime.datetime,
    progress: Progress = lambda _done, _total: None,
    observations_of: Callable[[str], Observations] | None = None,
) -> list[InstancePeriods]:
    """The instances that existed in a window, with all their periods, in the order of creation.

    The upstream calls are those of ``project_record``, and one if a flavor's name is not cached.

    :param observations_of: returns the observations of a project; by default, they are read
    """
    if observations_of is None:
        observations_of = partial(sources.observations_of, services)
    entries = read_record(services, coverage, window.start, now, progress)
    names = {entry["server"]["flavor"]["original_name"] for entry in entries}
    if coverage.by_operator:
        listed = services.openstack.compute.list_all_flavors() if names else []
        flavor_ids = {flavor["name"]: flavor["id"] for flavor in listed}
    else:
        flavor_ids = flavors.ids_by_name(services, names) if names else {}
    observations: dict[str, list[Observation]] = {}
    for project_id in {entry["server"]["tenant_id"] for entry in entries}:
        observations |= observations_of(project_id).instances
    lifecycle = services.app_state.translation.lifecycle
    instances = []
    for entry in entries:
        server = records.server_from_server(entry["server"], lifecycle, flavor_ids)
        if server.created_at >= window.end:
            continue
        periods = ledger.periods(
            server,
            records.actions_from_actions(entry["actions"]),
            observations.get(server.id, ()),
            now,
        )
        instances.append(InstancePeriods(entry["server"]["tenant_id"], server, periods))
    return sorted(instances, key=lambda instance: (instance.server.created_at, instance.server.id))
