# SPDX-License-Identifier: Apache-2.0
"""The users who may create keypairs in a project: only their keypairs count as the project's.

The name of a keypair in Nova proves nothing: any user of the cloud can give a keypair any name.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from kic_vm.operations import current_roles
from kic_vm.operations.request import AppState, RequestServices

Roles = Mapping[str, Iterable[str]]

CREATE: Final = "keypairs:create"


class Creators(NamedTuple):
    """The users who may create keypairs in a project now."""

    user_ids: list[str]
    """Sorted."""
    by_token: frozenset[str] = frozenset()
    """Those whose role comes from the token alone: Keystone does not list it."""


def permitted(app_state: AppState, project_id: str, roles: Roles) -> list[str]:
    """The ids of the users whose roles allow them to create keypairs, sorted.

    :param roles: names of the effective roles in the project by user id
    """
    return sorted(
        user_id
        for user_id, names in roles.items()
        if current_roles.allow(app_state, CREATE, project_id, user_id, names)
    )


def list_creators(
    services: RequestServices, gateway: RequestServices, roles: Roles | None = None
) -> Creators:
    """The users who may create keypairs in the caller's project now.

    The caller's role may come from the token alone, by a trust or federation: Keystone does not
    list such a role, but validates the token. 2 upstream calls side by side; one more for such a
    caller.

    :param roles: the roles that Keystone has just listed for the project, to save the calls
    """
    project_id, identity = services.project_id, gateway.openstack.identity
    if roles is None:
        roles = identity.list_roles_in_project(project_id)
    creator_ids = permitted(services.app_state, project_id, roles)
    token = services.context.auth_token
    if services.user_id not in creator_ids and token and services.may(CREATE):
        names = identity.list_roles_of_token(token)
        if current_roles.allow(services.app_state, CREATE, project_id, services.user_id, names):
            user_ids = sorted([*creator_ids, services.user_id])
            return Creators(user_ids, frozenset([services.user_id]))
    return Creators(creator_ids)
