"""Keystone: who the gateway is there, what it may, and what time it is."""

import datetime
from collections.abc import Callable
from functools import partial
from typing import Final

from kic_vm import exceptions
from kic_vm.adapters.service_login import ServiceLogin, log_in
from kic_vm.conf import service_user
from kic_vm.operations.checks.finding import (
    Finding,
    failure,
    failure_if_unreachable,
    success,
    warning,
)
from kic_vm.operations.request import RequestServices

AUTHTOKEN: Final = "keystone_authtoken"
# Keystone's default policy lets these confirm tokens.
_CONFIRMING: Final = frozenset({"service", "admin"})
_SERVICE: Final = "service"
# Tokens are issued to the second, and asking takes a moment.
_TOLERATED: Final = 5
_HARMFUL: Final = 60


def keystone(gateway: RequestServices) -> Finding:
    """Whether Keystone lets the gateway in, as both of its sections say."""
    for group in (service_user.GROUP, AUTHTOKEN):
        try:
            log_in(gateway.app_state.cloud, gateway.app_state.conf, group)
        except exceptions.KicVmError as error:
            return failure(
                f"[{group}] does not get a token: {error} Check auth_url, user, password, project "
                "and domains there, and that Keystone can be reached from here."
            )
    return success("Keystone lets the gateway's user in.")


@failure_if_unreachable
def roles(gateway: RequestServices) -> Finding:
    """Whether the gateway's user has the roles to confirm tokens and to vouch for callers."""
    app_state = gateway.app_state
    authtoken = log_in(app_state.cloud, app_state.conf, AUTHTOKEN)
    if not _CONFIRMING & authtoken.roles:
        return failure(
            f"The user of [{AUTHTOKEN}] may not confirm callers' tokens: {_add_role(authtoken)}"
        )
    login = log_in(app_state.cloud, app_state.conf, service_user.GROUP)
    if app_state.conf.service_user.send_service_user_token and _SERVICE not in login.roles:
        return failure(
            f"The user of [{service_user.GROUP}] cannot vouch for callers: their operations end "
            f"with their token, or are refused at once. {_add_role(login)}"
        )
    return success("The gateway's user may confirm tokens and vouch for callers.")


def _add_role(login: ServiceLogin) -> str:
    return (
        f"openstack role add --project {login.project_id} --user {login.user_id} {_SERVICE} "
        "gives it the role."
    )


def _list_keypairs_of_another(gateway: RequestServices, login: ServiceLogin) -> None:
    members = gateway.openstack.identity.list_roles_by_project()
    others = sorted(set().union(*members.values()) - {login.user_id})
    gateway.openstack.compute.list_keypairs(others[0] if others else login.user_id)


@failure_if_unreachable
def grants(gateway: RequestServices) -> Finding:
    """Whether the gateway's user may do what callers cannot; each is tried by reading."""
    openstack = gateway.openstack
    login = log_in(gateway.app_state.cloud, gateway.app_state.conf, service_user.GROUP)
    tries: dict[str, Callable[[], object]] = {
        "keypairs of a project, which need to list roles, role assignments and others' "
        "keypairs": partial(_list_keypairs_of_another, gateway, login),
        "members of a project, which need to list roles": openstack.identity.list_role_ids,
        "members of a project, which need to look at users": partial(
            openstack.identity.get_user, login.user_id
        ),
        "sharing images, which needs to look at projects": partial(
            openstack.identity.get_project, login.project_id
        ),
        "kic-vm-worker, which lists the servers of all projects": partial(
            openstack.compute.list_all_servers, "VERIFY_RESIZE"
        ),
    }
    refused = []
    for name, attempt in tries.items():
        try:
            attempt()
        except (exceptions.Forbidden, exceptions.Unauthorized):
            refused.append(name)
    if refused:
        return warning(
            f"The user of [{service_user.GROUP}] lacks grants for: {'; '.join(refused)}. Give it "
            f"the role admin in project {login.project_id}, or these rules in the policies of "
            "the services."
        )
    return success("The gateway's user has the grants that it needs.")


@failure_if_unreachable
def project_roles(gateway: RequestServices) -> Finding:
    """Whether the roles are there that [project_members] names."""
    options = gateway.app_state.conf.project_members
    named = {options.admin_role, options.member_role, options.reader_role}
    try:
        missing = sorted(named - gateway.openstack.identity.list_role_ids().keys())
    except exceptions.Forbidden:
        return warning("The roles of Keystone cannot be listed: see the check of grants.")
    if missing:
        return failure(
            f"Keystone has no role {', '.join(missing)}: make it with openstack role create, or "
            "name another one in [project_members] and in the policy file."
        )
    return success("The roles of project members are there.")


@failure_if_unreachable
def catalog(gateway: RequestServices) -> Finding:
    """Whether the gateway is in the catalog, by which restricted credentials are checked."""
    app_state = gateway.app_state
    kind = app_state.conf.keystone_authtoken.service_type
    if not kind:
        return warning(
            f"[{AUTHTOKEN}] service_type is not set, so application credentials with access rules "
            "are refused: set it to the gateway's type in the service catalog."
        )
    if kind not in log_in(app_state.cloud, app_state.conf, service_user.GROUP).service_types:
        return warning(
            f"The service catalog has no {kind} service, so clients do not find the gateway: "
            f"openstack service create --name {kind} {kind}, then openstack endpoint create."
        )
    return success("The gateway is in the service catalog.")


@failure_if_unreachable
def clocks(gateway: RequestServices) -> Finding:
    """Whether this machine and Keystone agree on the time: by what a new token says of itself."""
    before = datetime.datetime.now(datetime.UTC)
    issued = log_in(gateway.app_state.cloud, gateway.app_state.conf, service_user.GROUP).issued
    after = datetime.datetime.now(datetime.UTC)
    if before <= issued <= after:
        skew = 0.0
    else:
        skew = min(issued - before, issued - after, key=abs).total_seconds()
    if abs(skew) < _TOLERATED:
        return success("This machine's clock and Keystone's agree.")
    direction = "behind" if skew > 0 else "ahead of"
    sentence = (
        f"This machine's clock is {abs(skew):.0f} s {direction} Keystone's: callers' tokens count "
        "as expired too early or too late. Have both synchronized, by chrony or NTP."
    )
    return failure(sentence) if abs(skew) >= _HARMFUL else warning(sentence)
