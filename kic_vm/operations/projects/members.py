"""Members of the caller's project: list, add, change, remove.

Keystone lets project managers neither list nor make role assignments, so the gateway's own user
does: for the caller's own project and the three documented roles only. The rules have let a project
admin through by the token's roles. Before anything is changed, the same rule is asked about the
caller's roles among the assignments that are read for the operation anyway.
"""

import contextlib
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters.identity import Identity
from kic_vm.adapters.interleaved import gather_reads
from kic_vm.mappings.project_members import ROLES, members_from_assignments
from kic_vm.operations import current_roles, earlier_attempts, listing
from kic_vm.operations.request import RequestServices

JSON = dict[str, Any]

LOG = logging.getLogger(__name__)

_FILTERS = {
    "user_id": listing.equals("user_id"),
    "user_name": listing.contains("user_name"),
    "role": listing.equals("role"),
}


def list_members(
    services: RequestServices, project_id: str, query: Mapping[str, Any]
) -> tuple[list[JSON], JSON]:
    """A page of the project's members. 3 upstream calls side by side.

    :raises NotFound: it is not the caller's project
    :raises Forbidden: the caller is no admin of it any more
    """
    members, _roles = _look(services, _identity(services, project_id), "project_members:list")
    return listing.select(list(members.values()), query, _FILTERS)


def add_member(services: RequestServices, project_id: str, wanted: JSON) -> JSON:
    """Give a user a role in the project. 5 upstream calls, 4 of them side by side.

    :param wanted: MemberCreateSchema, loaded
    :raises Forbidden: the caller is no admin of the project any more
    :raises InvalidRequest: there is no such user
    :raises AlreadyExists: the user is a member
    """
    identity = _identity(services, project_id)
    (members, roles), user = gather_reads(
        partial(_look, services, identity, "project_members:add"),
        partial(_user, services, identity, wanted),
    )
    member = members.get(user["id"])
    if member and member["role"] == wanted["role"] and earlier_attempts.is_repeated(services):
        return member
    earlier_attempts.note_absence(services)
    if member:
        raise exceptions.AlreadyExists(
            f"The user is a member already, as {member['role']}: change that."
        )
    with _refusals_reported():
        identity.grant(project_id, user["id"], roles[wanted["role"]])
    LOG.info("User %s is %s of project %s now", user["id"], wanted["role"], project_id)
    return {
        "user_id": user["id"],
        "user_name": user["name"],
        "domain_id": user["domain_id"],
        "role": wanted["role"],
        "is_direct": True,
    }


def update_member(services: RequestServices, project_id: str, user_id: str, role: str) -> JSON:
    """Give a member another role. 3 upstream calls side by side; 6 more where it changes.

    :raises Forbidden: the caller is no admin of the project any more
    :raises NotFound: the project has no such member
    :raises Conflict: a group or a project above gives the role, or it is the last admin
    """
    identity = _identity(services, project_id)
    members, roles = _look(services, identity, "project_members:update")
    member = _changeable(members, user_id)
    if member["role"] == role:
        return member
    _refuse_last_admin(members, member)
    with _refusals_reported():
        identity.grant(project_id, user_id, roles[role])
        others = [one for one in ROLES if one != role]
        found = _take(services, identity, member, {one: roles[one] for one in others})
    LOG.info("User %s is %s of project %s now", user_id, role, project_id)
    return found[user_id]


def remove_member(services: RequestServices, project_id: str, user_id: str) -> None:
    """Take a member's documented roles in the project away. 9 upstream calls.

    :raises Forbidden: the caller is no admin of the project any more
    :raises NotFound: the project has no such member
    :raises Conflict: a group or a project above gives the role, or it is the last admin
    """
    identity = _identity(services, project_id)
    members, roles = _look(services, identity, "project_members:remove")
    member = _changeable(members, user_id)
    _refuse_last_admin(members, member)
    with _refusals_reported():
        _take(services, identity, member, roles)
    LOG.info("User %s is no member of project %s any more", user_id, project_id)


def _identity(services: RequestServices, project_id: str) -> Identity:
    """Keystone in the name of the gateway's own user, for the caller's own project.

    :raises NotFound: it is another project
    """
    if project_id != services.project_id:
        raise exceptions.NotFound
    return services.as_gateway().openstack.identity


@contextlib.contextmanager
def _refusals_reported() -> Iterator[None]:
    """For calls with the gateway's own user; the log says when Keystone refuses them.

    :raises GatewayNotAllowed: it does
    """
    try:
        yield
    except exceptions.Forbidden as error:
        LOG.exception("Keystone does not let the gateway's user manage the members of projects")
        raise exceptions.GatewayNotAllowed from error


def _look(
    services: RequestServices, identity: Identity, rule: str | None = None
) -> tuple[dict[str, JSON], dict[str, str]]:
    """The members by user id, and Keystone's role ids by documented role.

    :param rule: one that the caller's roles in Keystone have to satisfy
    :raises Forbidden: they do not
    """
    with _refusals_reported():
        effective, direct, ids = gather_reads(
            partial(identity.list_assignments, services.project_id, effective=True),
            partial(identity.list_assignments, services.project_id, effective=False),
            identity.list_role_ids,
        )
    if rule is not None:
        roles_now = current_roles.effective_roles(effective, services.user_id)
        current_roles.require(services, rule, roles_now)
    conf = services.app_state.conf.project_members
    names = {"admin": conf.admin_role, "member": conf.member_role, "reader": conf.reader_role}
    missing = [name for name in names.values() if name not in ids]
    if missing:
        raise exceptions.UpstreamUnavailable(
            "identity", f"This cloud has no role {', '.join(missing)}: ask its operator."
        )
    roles = {role: ids[name] for role, name in names.items()}
    return members_from_assignments(effective, direct, roles), roles


def _user(services: RequestServices, identity: Identity, wanted: JSON) -> JSON:
    """The user who is to be added."""
    if "user_id" in wanted:
        try:
            with _refusals_reported():
                return identity.get_user(wanted["user_id"])
        except exceptions.NotFound as error:
            raise exceptions.InvalidRequest("user_id: there is no user of this id.") from error
    with _refusals_reported():
        found = identity.list_users(wanted["user_name"], str(services.context.project_domain_id))
    if not found:
        raise exceptions.InvalidRequest(
            "user_name: there is no user of this name in the project's domain."
        )
    return found[0]


def _changeable(members: Mapping[str, JSON], user_id: str) -> JSON:
    """A member whose role was given to the user in the project itself."""
    member = members.get(user_id)
    if member is None:
        raise exceptions.NotFound("The project has no such member.")
    if not member["is_direct"]:
        raise exceptions.Conflict(
            "The member has the role by a group or from above the project: it is changed there."
        )
    return member


def _refuse_last_admin(members: Mapping[str, JSON], member: JSON) -> None:
    others = [one for one in members.values() if one["user_id"] != member["user_id"]]
    if member["role"] == "admin" and not any(one["role"] == "admin" for one in others):
        raise exceptions.Conflict(
            "This is the last admin of the project: make another member admin first."
        )


def _take(
    services: RequestServices, identity: Identity, member: JSON, roles: Mapping[str, str]
) -> dict[str, JSON]:
    """Take roles away from a member; the members as they are afterwards.

    Who is admin is looked at again: of two admins who remove each other at the same moment at
    least one stays. The caller may be no admin any more by then, and the role is given back all
    the same: nobody gets more than they had before.
    """
    project_id, user_id = services.project_id, member["user_id"]
    for role_id in roles.values():
        identity.revoke(project_id, user_id, role_id)
    members, every = _look(services, identity)
    try:
        _refuse_last_admin(members, member)
    except exceptions.Conflict:
        identity.grant(project_id, user_id, every["admin"])
        for role in set(ROLES) - {*roles, "admin"}:
            identity.revoke(project_id, user_id, every[role])
        raise
    return members
