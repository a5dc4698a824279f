"""Who may create keypairs in a project now: only their keypairs in Nova are the project's.

The name of a keypair in Nova proves nothing: every user of the cloud may give it to their own.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from kic_vm.operations import current_roles
from kic_vm.operations.request import AppState, RequestServices

Roles = Mapping[str, Iterable[str]]

CREATE: Final = "keypairs:create"


def permitted(app_state: AppState, project_id: str, roles: Roles) -> list[str]:
    """The ids of the users whose roles satisfy the rule for creating keypairs, sorted.

    :param roles: names of the effective roles in the project by user id
    """
    return sorted(
        user_id
        for user_id, names in roles.items()
        if current_roles.allow(app_state, CREATE, project_id, user_id, names)
    )


def list_creators(
    services: RequestServices, gateway: RequestServices, roles: Roles | None = None
) -> list[str]:
    """The ids of the users who may create keypairs in the caller's project now, sorted.

    The caller's role may come with the token alone, from a trust or a federation: Keystone does
    not list it, but confirms the token. 2 upstream calls side by side; one more for such a caller.

    :param roles: as Keystone has just listed them for the project; then no call is made for them
    """
    project_id, identity = services.project_id, gateway.openstack.identity
    if roles is None:
        roles = identity.list_roles_in_project(project_id)
    found = permitted(services.app_state, project_id, roles)
    token = services.context.auth_token
    if services.user_id not in found and token and services.may(CREATE):
        names = identity.list_roles_of_token(token)
        if current_roles.allow(services.app_state, CREATE, project_id, services.user_id, names):
            return sorted([*found, services.user_id])
    return found
