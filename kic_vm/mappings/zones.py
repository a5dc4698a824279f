# SPDX-License-Identifier: Apache-2.0
"""Availability zones: the clients' names and the cloud's, in both directions."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from kic_vm import exceptions
from kic_vm.exceptions import FieldErrorCode
from kic_vm.schemas.filters import normalized

# Those that the official clients know, whether or not this cloud has something behind each.
_DOCUMENTED: Final = ("kr-central-2-a", "kr-central-2-b", "kr-central-2-c")


class Zones:
    """The names of [availability_zones], in both directions."""

    def __init__(self, zones: Mapping[str, str]) -> None:
        self._to_cloud = dict(zones)
        self._to_client: dict[str, str] = {}
        for client, cloud in zones.items():
            self._to_client.setdefault(cloud, client)
        self.names = list(zones)

    def to_cloud(self, name: str) -> str:
        """The cloud's zone for a client's name.

        :raises InvalidRequest: there is no zone with this name
        """
        if name not in self._to_cloud:
            raise _unknown(name, self.names)
        return self._to_cloud[name]

    def check_filter(self, query: Mapping[str, Any]) -> None:
        """See that a list is not filtered by a zone that no resource can be in.

        :raises InvalidRequest: clients do not have such a zone
        """
        name = query.get("availability_zone")
        known = list(dict.fromkeys([*self.names, *_DOCUMENTED]))
        if name is not None and normalized(name) not in map(normalized, known):
            raise _unknown(name, known)

    def to_client(self, zone: str | None) -> str | None:
        """The clients' name for a zone of the cloud; None if there is no such name.

        Clients reject any other text, so the cloud's own name is never shown.
        """
        return self._to_client.get(zone) if zone else None


def _unknown(name: str, known: Iterable[str]) -> exceptions.InvalidRequest:
    return exceptions.InvalidField(
        "availability_zone",
        f"there is no zone {name!r}; use one of {', '.join(known)}.",
        FieldErrorCode.NOT_FOUND,
    )
