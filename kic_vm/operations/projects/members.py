# SPDX-License-Identifier: Apache-2.0
"""Members of the caller's project: list, add, update, remove.

Keystone does not let project managers list or create role assignments. So the gateway's own user
does, only for the caller's own project and the three documented roles. The policy has checked the
roles that the token had when it was last validated. While the operation reads the members, Keystone
validates the token again.
"""

import contextlib
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.adapters.identity import Identity
from kic_vm.cache.stored_lists import Pagination
from kic_vm.exceptions import FieldErrorCode
from kic_vm.mappings.project_members import ROLES, MemberView, members_from_assignments
from kic_vm.operations import current_roles, earlier_attempts, listing
from kic_vm.operations.request import RequestServices
from kic_vm.operations.rollback import remains_noted
from kic_vm.resources.identity import User
from kic_vm.schemas.project_members import MemberCreateBody, MemberListQuerySchema

LOG = logging.getLogger(__name__)

_FILTERS: Final = listing.filters_of(MemberListQuerySchema)


def list_members(
    services: RequestServices, project_id: str, query: Mapping[str, Any]
) -> tuple[list[MemberView], Pagination]:
    """A page of the project's members. 4 upstream calls side by side.

    :raises NotFound: it is not the caller's project
    :raises Forbidden: the caller is no longer an admin of the project
    """
    identity = _identity(services, project_id)
    members, _roles = current_roles.read_if_allowed(
        services, "project_members:list", partial(_read_members, services, identity)
    )
    return listing.select(list(members.values()), query, _FILTERS)


def add_member(services: RequestServices, project_id: str, request: MemberCreateBody) -> MemberView:
    """Grant a user a role in the project. 6 upstream calls, 5 of them side by side.

    :param request: MemberCreateSchema, loaded
    :raises Forbidden: the caller is no longer an admin of the project
    :raises InvalidRequest: there is no such user
    :raises AlreadyExists: the user is already a member
    """
    identity = _identity(services, project_id)
    members: dict[str, MemberView]
    (members, roles), user = current_roles.read_if_allowed(
        services,
        "project_members:add",
        partial(
            gather_reads,
            partial(_read_members, services, identity),
            partial(_user, services, identity, request),
        ),
    )
    member = members.get(user["id"])
    if member and member["role"] == request["role"] and earlier_attempts.is_repeated(services):
        return member
    earlier_attempts.note_absence(services)
    if member:
        raise exceptions.AlreadyExists(
            f"The user is already a member, with the role {member['role']}: update that member."
        )
    with _refusals_reported():
        identity.grant(project_id, user["id"], roles[request["role"]])
    LOG.info("Granted user %s the role %s in project %s", user["id"], request["role"], project_id)
    return {
        "user_id": user["id"],
        "user_name": user["name"],
        "domain_id": user["domain_id"],
        "role": request["role"],
        "is_direct": True,
    }


def update_member(
    services: RequestServices, project_id: str, user_id: str, role: str
) -> MemberView:
    """Change a member's role. 4 upstream calls side by side; 6 more if the role changes.

    :raises Forbidden: the caller is no longer an admin of the project
    :raises NotFound: the project has no such member
    :raises Conflict: the member inherits the role from a group or a parent project, or is the last
        admin
    """
    identity = _identity(services, project_id)
    members, roles = current_roles.read_if_allowed(
        services, "project_members:update", partial(_read_members, services, identity)
    )
    member = _changeable(members, user_id)
    if member["role"] == role:
        return member
    _refuse_last_admin(members, member)
    with _refusals_reported():
        identity.grant(project_id, user_id, roles[role])
        other_roles = {name: roles[name] for name in ROLES if name != role}
        updated_members = _revoke(services, identity, member, other_roles)
    LOG.info("Changed the role of user %s in project %s to %s", user_id, project_id, role)
    return updated_members[user_id]


def remove_member(services: RequestServices, project_id: str, user_id: str) -> None:
    """Revoke a member's documented roles in the project. 10 upstream calls.

    The first 4 run side by side.

    :raises Forbidden: the caller is no longer an admin of the project
    :raises NotFound: the project has no such member
    :raises Conflict: the member inherits the role from a group or a parent project, or is the last
        admin
    """
    identity = _identity(services, project_id)
    members, roles = current_roles.read_if_allowed(
        services, "project_members:remove", partial(_read_members, services, identity)
    )
    member = _changeable(members, user_id)
    _refuse_last_admin(members, member)
    with _refusals_reported():
        _revoke(services, identity, member, roles)
    LOG.info("Removed user %s from project %s", user_id, project_id)


def _identity(services: RequestServices, project_id: str) -> Identity:
    """Keystone with the gateway's own user, for the caller's own project only.

    :raises NotFound: it is another project
    """
    if project_id != services.project_id:
        raise exceptions.NotFound
    return services.as_gateway().openstack.identity


@contextlib.contextmanager
def _refusals_reported() -> Iterator[None]:
    """Report a refused call of the gateway's own user as GatewayNotAllowed, and log it.

    :raises GatewayNotAllowed: Keystone refuses the call
    """
    try:
        yield
    except exceptions.Forbidden as error:
        LOG.exception("Keystone does not allow the gateway's user to manage project members")
        raise exceptions.GatewayNotAllowed from error


def _read_members(
    services: RequestServices, identity: Identity
) -> tuple[dict[str, MemberView], dict[str, str]]:
    """The members by user id, and Keystone's role ids by documented role."""
    with _refusals_reported():
        effective, direct, ids = gather_reads(
            partial(identity.list_assignments, services.project_id, effective=True),
            partial(identity.list_assignments, services.project_id, effective=False),
            identity.list_role_ids,
        )
    conf = services.app_state.conf.project_members
    names = {"admin": conf.admin_role, "member": conf.member_role, "reader": conf.reader_role}
    missing = [name for name in names.values() if name not in ids]
    if missing:
        raise exceptions.UpstreamUnavailable(
            "identity",
            f"This cloud has no role {', '.join(missing)}: ask its operator to create it.",
        )
    roles = {role: ids[name] for role, name in names.items()}
    return members_from_assignments(effective, direct, roles), roles


def _user(services: RequestServices, identity: Identity, request: MemberCreateBody) -> User:
    """The user that the request names by id or by name."""
    if "user_id" in request:
        try:
            with _refusals_reported():
                return identity.get_user(request["user_id"])
        except exceptions.NotFound as error:
            raise exceptions.InvalidField(
                "user_id", "there is no user with this id.", FieldErrorCode.NOT_FOUND
            ) from error
    with _refusals_reported():
        users = identity.list_users(request["user_name"], str(services.context.project_domain_id))
    if not users:
        raise exceptions.InvalidField(
            "user_name",
            "there is no user with this name in the project's domain.",
            FieldErrorCode.NOT_FOUND,
        )
    return users[0]


def _changeable(members: Mapping[str, MemberView], user_id: str) -> MemberView:
    """The member, if the role was granted to the user in the project itself."""
    member = members.get(user_id)
    if member is None:
        raise exceptions.NotFound("The project has no such member.")
    if not member["is_direct"]:
        raise exceptions.Conflict(
            "The member inherits the role from a group or a parent project: change it there."
        )
    return member


def _refuse_last_admin(members: Mapping[str, MemberView], member: MemberView) -> None:
    others = [other for other in members.values() if other["user_id"] != member["user_id"]]
    if member["role"] == "admin" and not any(other["role"] == "admin" for other in others):
        raise exceptions.Conflict(
            "This is the last admin of the project: make another member an admin first."
        )


def _revoke(
    services: RequestServices, identity: Identity, member: MemberView, roles: Mapping[str, str]
) -> dict[str, MemberView]:
    """Revoke a member's roles; the members afterwards.

    The admins are read again afterwards, so that at least one stays when two admins remove each
    other at the same moment. If none is left, the member gets the admin role back, even when the
    caller is no longer an admin: nobody gets more than they had before.
    """
    project_id, user_id = services.project_id, member["user_id"]
    with remains_noted():
        for role_id in roles.values():
            identity.revoke(project_id, user_id, role_id)
    members, role_ids = _read_members(services, identity)
    try:
        _refuse_last_admin(members, member)
    except exceptions.Conflict:
        with remains_noted():
            identity.grant(project_id, user_id, role_ids["admin"])
            for role in set(ROLES) - {*roles, "admin"}:
                identity.revoke(project_id, user_id, role_ids[role])
        raise
    return members
