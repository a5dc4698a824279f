# SPDX-License-Identifier: Apache-2.0
"""The lifecycle tables: lookups in both directions, with a fallback for unknown states.

The tables are the two YAML files next to this module; they name the source of each row. A lookup is
one dictionary access, so that it costs little in a list of a thousand servers.
"""

import functools
import logging
from collections.abc import Collection, Hashable
from typing import Any

from kic_vm import data_files
from kic_vm.lifecycle import schema
from kic_vm.lifecycle.model import (
    ANY_TASK,
    InstancePair,
    InstanceState,
    K,
    Row,
    Table,
    VolumeState,
)

LOG = logging.getLogger(__name__)

INSTANCE_FILE = "instance_states.yaml"
VOLUME_FILE = "volume_states.yaml"


class LifecycleTables:
    """The checked tables of instance and volume states.

    Every lookup by OpenStack's state has a result. A state that the tables do not know, for example
    of a newer Nova or Cinder, gets the fallback and a warning in the log, once per state.
    """

    def __init__(self, instances: Table[InstancePair], volumes: Table[str]) -> None:
        """Use these tables; ``load_tables`` loads the package's own."""
        self.instances = instances
        self.volumes = volumes
        self._warned: set[Hashable] = set()

    def instance_state(
        self,
        vm_state: str | None,
        task_state: str | None,
        *,
        confirm_in_progress: bool = False,
        limits: Collection[str] = (),
    ) -> InstanceState:
        """The documented state of a server that Nova shows with this pair.

        Nova does not show that a resize is being confirmed; a caller that knows it passes
        ``confirm_in_progress``. It has no effect for a server that does not wait for a
        confirmation.

        :param limits: the names of the limits that apply; names that are not in the state's
            ``limited_when`` have no effect
        """
        pair = InstancePair(vm_state or "", task_state)
        row = None
        if confirm_in_progress:
            row = self.instances.conditional.get((schema.CONFIRM_IN_PROGRESS, pair))
        row = row or self.instances.index.get(pair) or self._unknown_instance_pair(pair)
        return _limited(row, limits)

    def volume_state(
        self,
        status: str | None,
        *,
        snapshot_in_progress: bool = False,
        attach_in_progress: bool = False,
        limits: Collection[str] = (),
    ) -> VolumeState:
        """The documented state of a volume that Cinder shows with this status.

        A Cinder volume does not show that a snapshot of it is being created, nor whether
        ``reserved`` is the first step of an attachment or means a shelved instance. A caller that
        knows it passes it; it has no effect for other statuses.

        :param limits: as for instances
        """
        status = status or ""
        for applies, condition in (
            (snapshot_in_progress, schema.SNAPSHOT_IN_PROGRESS),
            (attach_in_progress, schema.ATTACH_IN_PROGRESS),
        ):
            if applies and (row := self.volumes.conditional.get((condition, status))):
                return _limited(row, limits)
        row = self.volumes.index.get(status) or self._unknown_volume_status(status)
        return _limited(row, limits)

    def instance_state_by_wire(self, wire: str) -> InstanceState | None:
        """The state with this ``status`` value (in any letter case), or None."""
        return self.instances.by_wire.get(wire.lower())

    def volume_state_by_wire(self, wire: str) -> VolumeState | None:
        """The state with this ``status`` value (in any letter case), or None."""
        return self.volumes.by_wire.get(wire.lower())

    def is_billable(self, state: str) -> bool:
        """Whether time in the documented state of an instance is billed."""
        return self.instances.by_wire[state.lower()].billable

    def openstack_pairs(self, state: InstanceState) -> frozenset[InstancePair]:
        """Every pair with which Nova may show an instance in this state.

        Wildcards are expanded to the known task states, and pairs that depend on a condition are
        included: a list filter that sends these to Nova must filter the result again.
        """
        pairs = {pair for pair, row in self.instances.index.items() if row.state == state.state}
        pairs |= {pair for _condition, pair in state.openstack_when}
        return frozenset(pair for pair in pairs if pair.task_state != ANY_TASK)

    def openstack_statuses(self, state: VolumeState) -> frozenset[str]:
        """Every status with which Cinder may show a volume in this state; see openstack_pairs."""
        return frozenset(
            [*state.openstack, *(status for _condition, status in state.openstack_when)]
        )

    def _unknown_instance_pair(self, pair: InstancePair) -> InstanceState:
        fallback = InstancePair(pair.vm_state, ANY_TASK)
        row = self.instances.index.get(fallback, self.instances.unknown)
        self._warn_once(
            pair,
            "Nova shows vm_state %r with task_state %r, which %s does not know: reported as %s",
            *(*pair, INSTANCE_FILE, row.state),
        )
        return row

    def _unknown_volume_status(self, status: str) -> VolumeState:
        row = self.volumes.unknown
        self._warn_once(
            status,
            "Cinder shows volume status %r, which %s does not know: reported as %s",
            *(status, VOLUME_FILE, row.state),
        )
        return row

    def _warn_once(self, key: Hashable, message: str, *args: object) -> None:
        if key not in self._warned:
            self._warned.add(key)
            LOG.warning(message, *args)


def _limited(row: Row[K], names: Collection[str]) -> Row[K]:
    """The row with the named limits that are in its ``limited_when``."""
    if names:
        for limit in row.limited_when:
            if limit.name in names:
                row = row.limited_by(limit)
    return row


@functools.cache
def load_tables() -> LifecycleTables:
    """The tables of this package, read and checked at the first call.

    :raises DataFileError: a file is missing or invalid; the sentence names the row
    """
    return LifecycleTables(
        schema.read_instance_table(read_file(INSTANCE_FILE), INSTANCE_FILE),
        schema.read_volume_table(read_file(VOLUME_FILE), VOLUME_FILE),
    )


def read_file(name: str) -> Any:
    """The content of one of the YAML files as plain, unchecked data.

    :raises DataFileError: the file is missing or is not YAML
    """
    return data_files.read("kic_vm.lifecycle", name)
