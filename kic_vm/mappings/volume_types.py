# SPDX-License-Identifier: Apache-2.0
"""Volume types: the clients' names and Cinder's, in both directions."""

from collections.abc import Mapping
from typing import TypedDict

from kic_vm.resources.block_storage import VolumeType


class VolumeTypes:
    """The names of [volume] type_names, in both directions; other names are the same in both."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._to_cloud = dict(names)
        self._to_client: dict[str, str] = {}
        for client, cloud in names.items():
            self._to_client.setdefault(cloud, client)

    def to_cloud(self, identifier: str) -> str:
        """Cinder's name or id of a type, from a client's name or id."""
        return self._to_cloud.get(identifier, identifier)

    def to_client(self, name: str | None) -> str | None:
        """The clients' name for a Cinder type."""
        return self.client_name(name) if name else None

    def client_name(self, name: str) -> str:
        """The clients' name for the name of a Cinder type."""
        return self._to_client.get(name, name)


class VolumeTypeView(TypedDict):
    """A volume type; see VolumeTypeSchema."""

    id: str
    name: str
    description: str | None


def volume_type_from_type(volume_type: VolumeType, names: VolumeTypes) -> VolumeTypeView:
    """The contract's volume type."""
    return {
        "id": volume_type["id"],
        "name": names.client_name(volume_type["name"]),
        "description": volume_type.get("description"),
    }
