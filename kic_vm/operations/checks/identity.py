# SPDX-License-Identifier: Apache-2.0
"""Checks of Keystone: the gateway's user, its roles and grants, the catalog, the clock."""

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
# Keystone's default policy lets these roles validate tokens.
_CONFIRMING: Final = frozenset({"service", "admin"})
_SERVICE: Final = "service"
# In seconds: a token's issue time has whole seconds, and the request takes a moment.
_TOLERATED: Final = 5
_HARMFUL: Final = 60


def keystone(gateway: RequestServices) -> Finding:
    """Whether the users of [service_user] and [keystone_authtoken] can authenticate."""
    for group in (service_user.GROUP, AUTHTOKEN):
        try:
            log_in(gateway.app_state.cloud, gateway.app_state.conf, group)
        except (exceptions.Unauthorized, exceptions.ProjectScopeRequired) as error:
            return failure(
                f"The user of [{group}] cannot get a token: {error} Check user, password, project "
                "and domains in that section."
            )
        except exceptions.KicVmError as error:
            return failure(
                f"The user of [{group}] cannot get a token: {error} Check auth_url in that section "
                "and that this host can reach Keystone."
            )
    return success("The gateway's user can authenticate.")


@failure_if_unreachable
def roles(gateway: RequestServices) -> Finding:
    """Whether the gateway's user can validate tokens and send service tokens."""
    app_state = gateway.app_state
    authtoken = log_in(app_state.cloud, app_state.conf, AUTHTOKEN)
    if not _CONFIRMING & authtoken.roles:
        return failure(
            f"The user of [{AUTHTOKEN}] cannot validate callers' tokens: {_add_role(authtoken)}"
        )
    login = log_in(app_state.cloud, app_state.conf, service_user.GROUP)
    if app_state.conf.service_user.send_service_user_token and _SERVICE not in login.roles:
        return failure(
            f"The user of [{service_user.GROUP}] cannot send a valid service token: a long "
            "operation fails when the caller's token expires, or is refused at once. "
            f"{_add_role(login)}"
        )
    return success("The gateway's user can validate tokens and send service tokens.")


def _add_role(login: ServiceLogin) -> str:
    return (
        f"To grant the role, run openstack role add --project {login.project_id} --user "
        f"{login.user_id} {_SERVICE}"
    )


def _list_keypairs_of_another(gateway: RequestServices, login: ServiceLogin) -> None:
    members = gateway.openstack.identity.list_roles_by_project()
    others = sorted(set().union(*members.values()) - {login.user_id})
    gateway.openstack.compute.list_keypairs(others[0] if others else login.user_id)


def _report_usage(gateway: RequestServices, login: ServiceLogin) -> None:
    compute = gateway.openstack.compute
    # If this is refused, the error is Nova's own. The next call reports a 401 as a failed service.
    compute.are_all_cells_up()
    compute.list_active_servers(login.project_id, datetime.datetime.now(datetime.UTC))


@failure_if_unreachable
def grants(gateway: RequestServices) -> Finding:
    """Whether the gateway's user has the grants beyond callers' own; tries each by reading."""
    openstack = gateway.openstack
    login = log_in(gateway.app_state.cloud, gateway.app_state.conf, service_user.GROUP)
    attempts: dict[str, Callable[[], object]] = {
        "project keypairs (list roles, role assignments and other users' keypairs)": partial(
            _list_keypairs_of_another, gateway, login
        ),
        "project members (list roles)": openstack.identity.list_role_ids,
        "project members and keypairs (get users)": partial(
            openstack.identity.get_user, login.user_id
        ),
        "image sharing (get projects)": partial(openstack.identity.get_project, login.project_id),
        "kic-vm-worker (list the servers of all projects)": partial(
            openstack.compute.list_all_servers, "VERIFY_RESIZE"
        ),
        "usage and long lists of instances (list compute services, show usage reports)": partial(
            _report_usage, gateway, login
        ),
    }
    refused = []
    for name, attempt in attempts.items():
        try:
            attempt()
        except (exceptions.Forbidden, exceptions.Unauthorized, exceptions.GatewayNotAllowed):
            refused.append(name)
    if refused:
        return warning(
            f"The user of [{service_user.GROUP}] lacks grants for: {'; '.join(refused)}. Grant it "
            f"the admin role in project {login.project_id}, or allow these operations in the "
            "services' policies."
        )
    return success("The gateway's user has all required grants.")


@failure_if_unreachable
def project_roles(gateway: RequestServices) -> Finding:
    """Whether the roles that [project_members] names exist."""
    options = gateway.app_state.conf.project_members
    configured = {options.admin_role, options.member_role, options.reader_role}
    try:
        missing = sorted(configured - gateway.openstack.identity.list_role_ids().keys())
    except exceptions.Forbidden:
        return warning("Skipped: the gateway's user may not list roles. See the check of grants.")
    if missing:
        return failure(
            f"Keystone has no role {', '.join(missing)}: create it with openstack role create, or "
            "set another role in [project_members] and in the policy file."
        )
    return success("The roles of project members exist.")


@failure_if_unreachable
def catalog(gateway: RequestServices) -> Finding:
    """Whether the gateway is in the service catalog; access rules refer to its service type."""
    app_state = gateway.app_state
    service_type = app_state.conf.keystone_authtoken.service_type
    if not service_type:
        return warning(
            f"[{AUTHTOKEN}] service_type is not set, so application credentials with access rules "
            "are refused: set it to the gateway's service type in the service catalog."
        )
    login = log_in(app_state.cloud, app_state.conf, service_user.GROUP)
    if service_type not in login.service_types:
        return warning(
            f"The service catalog has no {service_type} service, so clients cannot find the "
            f"gateway: run openstack service create --name {service_type} {service_type}, then "
            "openstack endpoint create."
        )
    return success("The gateway is in the service catalog.")


@failure_if_unreachable
def clocks(gateway: RequestServices) -> Finding:
    """Whether this host's clock agrees with the issue time of a new Keystone token."""
    before = datetime.datetime.now(datetime.UTC)
    issued = log_in(gateway.app_state.cloud, gateway.app_state.conf, service_user.GROUP).issued
    after = datetime.datetime.now(datetime.UTC)
    if before <= issued <= after:
        skew = 0.0
    else:
        skew = min(issued - before, issued - after, key=abs).total_seconds()
    if abs(skew) < _TOLERATED:
        return success("The clocks of this host and Keystone agree.")
    direction = "behind" if skew > 0 else "ahead of"
    sentence = (
        f"This host's clock is {abs(skew):.0f} s {direction} Keystone's: callers' tokens expire "
        "too early or too late. Synchronize both clocks with chrony or another NTP client."
    )
    return failure(sentence) if abs(skew) >= _HARMFUL else warning(sentence)
