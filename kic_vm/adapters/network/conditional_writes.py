# SPDX-License-Identifier: Apache-2.0
"""Neutron: writes to a resource that nobody else has changed since it was read.

An ``If-Match`` names the revision that was read. Neutron itself changes the status and the binding
of a resource at any time, and with them the revision. So after a refusal, the resource is read
again, and the write is repeated if nothing else has changed.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final, Protocol

from kic_vm import exceptions
from kic_vm.adapters.network.lists import NetworkLists
from kic_vm.adapters.paths import path
from kic_vm.resources.network import Revised

_ATTEMPTS: Final = 3
# What Neutron changes without a request.
_OWN_FIELDS: Final = frozenset({"revision_number", "status", "updated_at", "port_details"})
_OWN_PREFIX: Final = "binding:"


class _Write(Protocol):
    def __call__(self, *, headers: dict[str, str]) -> Any: ...


class ConditionalWrites(NetworkLists):
    """The conditional writes that the other parts of the network service share."""

    def _update_unchanged(self, kind: str, resource: Revised, changes: Mapping[str, Any]) -> Any:
        """Change a resource; the whole resource.

        One upstream call, or up to five if Neutron changes the resource meanwhile.

        :param kind: the key of the resource in requests and answers
        :param resource: the resource as it was read
        :raises Conflict: another request has changed it since, or Neutron keeps changing it
        """
        address = path(f"{kind}s", resource["id"])
        send = partial(self.json, "PUT", address, json={kind: changes})
        return self._write_unchanged(kind, resource, send)[kind]

    def _delete_unchanged(self, kind: str, resource: Revised) -> None:
        """Delete a resource; parameters, calls and errors as for ``_update_unchanged``."""
        send = partial(self.request, "DELETE", path(f"{kind}s", resource["id"]))
        self._write_unchanged(kind, resource, send)

    def _write_unchanged(self, kind: str, resource: Revised, send: _Write) -> Any:
        for _attempt in range(_ATTEMPTS - 1):
            try:
                return send(headers=_guard(resource))
            except exceptions.ChangedMeanwhile:
                current: Revised = self.json("GET", path(f"{kind}s", resource["id"]))[kind]
                if not _is_unchanged(resource, current):
                    raise
                resource = current
        return send(headers=_guard(resource))


def _guard(resource: Revised) -> dict[str, str]:
    return {"If-Match": f"revision_number={resource['revision_number']}"}


def _is_unchanged(earlier: Mapping[str, Any], current: Mapping[str, Any]) -> bool:
    """Whether only Neutron itself has changed a resource.

    False if only some of its fields were read before: the others can have changed.
    """
    return _given_fields(earlier) == _given_fields(current)


def _given_fields(resource: Mapping[str, Any]) -> dict[str, Any]:
    return {
        field: value
        for field, value in resource.items()
        if field not in _OWN_FIELDS and not field.startswith(_OWN_PREFIX)
    }
