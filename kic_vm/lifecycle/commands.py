# SPDX-License-Identifier: Apache-2.0
"""The commands on an instance without arguments, from ``commands.yaml``."""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any, Final

from kic_vm.lifecycle import check
from kic_vm.lifecycle.model import LifecycleTableError
from kic_vm.lifecycle.table import read_file

FILE: Final = "commands.yaml"
_KEYS: Final = ("operation", "description", "nova", "recorded_as")
_OPTIONAL_KEYS: Final = ("nova_by_vm_state",)


@dataclasses.dataclass(frozen=True, slots=True)
class ServerAction:
    """A server action of Nova's API."""

    name: str
    argument: Any


@dataclasses.dataclass(frozen=True, slots=True)
class Command:
    """A command. The file explains the fields."""

    name: str
    """The name in paths and in ``allowed_actions``, such as ``soft-reboot``."""
    operation: str
    description: str
    nova: ServerAction
    nova_by_vm_state: Mapping[str, ServerAction]
    recorded_as: frozenset[str]

    @property
    def rule(self) -> str:
        """The policy rule without the service's prefix, such as ``instances:soft_reboot``."""
        return f"instances:{self.name.replace('-', '_')}"

    def server_action(self, vm_state: str) -> ServerAction:
        """The server action for an instance in this ``OS-EXT-STS:vm_state``."""
        return self.nova_by_vm_state.get(vm_state, self.nova)


def read(data: Any, where: str) -> dict[str, Command]:
    """The checked commands by name.

    :param where: the name of the file in errors
    :raises LifecycleTableError: a row is invalid; the sentence names it
    """
    if not isinstance(data, dict):
        raise LifecycleTableError(where, f"expected a mapping, found {data!r}")
    return {name: _read_command(name, raw, f"{where}, {name}") for name, raw in data.items()}


def _read_command(name: str, raw: Any, where: str) -> Command:
    check.mapping(raw, where, _KEYS, _OPTIONAL_KEYS)
    by_vm_state = raw.get("nova_by_vm_state", {})
    if not isinstance(by_vm_state, dict):
        raise LifecycleTableError(f"{where}, nova_by_vm_state", "expected a mapping")
    return Command(
        name=name,
        operation=check.text(raw["operation"], f"{where}, operation"),
        description=check.text(raw["description"], f"{where}, description"),
        nova=_read_server_action(raw["nova"], f"{where}, nova"),
        nova_by_vm_state={
            vm_state: _read_server_action(action, f"{where}, nova_by_vm_state {vm_state}")
            for vm_state, action in by_vm_state.items()
        },
        recorded_as=frozenset(check.words(raw["recorded_as"], f"{where}, recorded_as")),
    )


def _read_server_action(raw: Any, where: str) -> ServerAction:
    if not isinstance(raw, dict) or len(raw) != 1:
        raise LifecycleTableError(where, f"expected one server action, found {raw!r}")
    ((name, argument),) = raw.items()
    return ServerAction(check.text(name, where), argument)


@functools.cache
def load_commands() -> Mapping[str, Command]:
    """The commands of this package by name, read and checked at the first call.

    :raises DataFileError: the file is missing or invalid; the sentence names the row
    """
    return read(read_file(FILE), FILE)
