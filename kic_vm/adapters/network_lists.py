"""Neutron: whole lists, whatever its limit of a page."""

from kic_vm.adapters.connection import JSON, Service, path
from kic_vm.adapters.paging import follow

Value = str | int | list[str] | None


class NetworkLists(Service):
    """How the other parts of the network service list."""

    def list_all(
        self, collection: str, *, fields: list[str] | None = None, **query: Value
    ) -> list[JSON]:
        """Every item of a collection that matches.

        One call, unless Neutron has a ``pagination_max_limit``.

        :param collection: as it stands in the path
        :param fields: what is wanted of each item, which has its id in any case; None: everything
        """
        # The next page begins after an id.
        wanted = None if fields is None else [*dict.fromkeys(["id", *fields])]
        return follow(
            lambda marker: self.json(
                "GET", path(collection, **query, fields=wanted, marker=marker)
            ),
            collection.replace("-", "_"),
        )
