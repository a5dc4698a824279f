# SPDX-License-Identifier: Apache-2.0
"""Neutron: complete lists, whatever its page limit."""

from kic_vm.adapters.paging import Item, follow
from kic_vm.adapters.paths import path
from kic_vm.adapters.service import Service
from kic_vm.resources.network import Described

Value = str | int | list[str] | None


class NetworkLists(Service):
    """The list method that the other parts of the network service share."""

    def list_all(
        self, collection: str, *, fields: list[str] | None = None, **query: Value
    ) -> list[Item]:
        """All matching items of a collection.

        One call, unless Neutron has a ``pagination_max_limit``.

        :param collection: the collection's name in the path
        :param fields: the fields of each item, besides its id; None for all fields
        """
        # Always read the id: the next page begins after it.
        selected = None if fields is None else [*dict.fromkeys(["id", *fields])]
        return follow(
            lambda marker: self.json(
                "GET", path(collection, **query, fields=selected, marker=marker)
            ),
            collection.replace("-", "_"),
        )

    def list_descriptions(self, collection: str) -> list[Described]:
        """The id and description of each item of a collection that belongs to the project."""
        return self.list_all(
            collection, project_id=self._context.project_id, fields=["id", "description"]
        )
