"""Keypairs of a project: create, import, get, list, delete."""

from collections.abc import Mapping
from typing import Any

from kic_vm import exceptions
from kic_vm.mappings import keypairs as mapping
from kic_vm.operations import listing
from kic_vm.operations.scope import Scope

JSON = dict[str, Any]

_FILTERS = {
    "id": listing.equals("id"),
    "name": listing.contains("name"),
    "type": listing.equals("type"),
    "fingerprint": listing.equals("fingerprint"),
    "created_at": listing.dated("created_at"),
}


def create_keypair(scope: Scope, name: str, public_key: str | None) -> JSON:
    """A new keypair; the answer alone has the private key, where Nova made one.

    :raises AlreadyExists: the project has a keypair of this name from the caller
    """
    created = scope.openstack.compute.create_keypair(
        mapping.nova_name(scope.project_id, name), public_key
    )
    return mapping.created_keypair(created, name)


def get_keypair(scope: Scope, name: str) -> JSON:
    """One keypair by its name. One upstream call."""
    keypair = scope.openstack.compute.get_keypair(mapping.nova_name(scope.project_id, name))
    return mapping.keypair_from_keypair(keypair, name, scope.user_id)


def list_keypairs(scope: Scope, query: Mapping[str, Any]) -> tuple[list[JSON], JSON]:
    """A page of the caller's keypairs in the project. One upstream call."""
    keypairs = []
    for keypair in scope.openstack.compute.list_keypairs():
        name = mapping.project_name(scope.project_id, keypair["name"])
        if name is not None:
            keypairs.append(mapping.keypair_from_keypair(keypair, name, scope.user_id))
    return listing.select(keypairs, query, _FILTERS)


def delete_keypair(scope: Scope, name: str) -> None:
    """Remove a keypair; instances made with it keep their key. One upstream call."""
    try:
        scope.openstack.compute.delete_keypair(mapping.nova_name(scope.project_id, name))
    except exceptions.NotFound:
        raise exceptions.NotFound(
            f"There is no keypair {name!r} of yours in this project."
        ) from None
