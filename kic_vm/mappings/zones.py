"""Availability zones: the clients' names and the cloud's, in both directions."""

from collections.abc import Mapping

from kic_vm import exceptions


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
            raise exceptions.InvalidRequest(
                f"availability_zone: there is no zone {name!r}: use one of {', '.join(self.names)}."
            )
        return self._to_cloud[name]

    def to_client(self, zone: str | None) -> str | None:
        """The clients' name for a zone of the cloud; None if there is no such name.

        Clients reject any other text, so the cloud's own name is never shown.
        """
        return self._to_client.get(zone) if zone else None
