# SPDX-License-Identifier: Apache-2.0
"""Policy checks against the roles that Keystone gives users now.

A token has the roles of the moment at which it was validated. The gateway uses its own user's
rights only after Keystone has validated the caller's token again, or has listed the current roles
of an owner. A list of role assignments is not enough for a caller: it still has the roles of a
disabled user and of a revoked token, and lacks the roles from a federation or a trust.
"""

import copy
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final, TypeVar, cast

from oslo_log import log as logging

from kic_vm import exceptions, policy
from kic_vm.adapters.parallel import run_in_threads
from kic_vm.context import RequestContext
from kic_vm.metrics import gateway as metrics
from kic_vm.operations.request import AppState, RequestServices

LOG = logging.getLogger(__name__)

T = TypeVar("T")

CHANGED: Final = (
    "This operation is no longer allowed: your token has been revoked, or your role in this "
    "project has changed since the token was issued."
)


def require(services: RequestServices, rule: str) -> None:
    """Check that the caller's token is still valid, and that its roles now satisfy a rule.

    One upstream call.

    :param rule: ``resource:verb``
    :raises Forbidden: the token is not valid, or its roles do not satisfy the rule
    :raises GatewayNotAllowed: Keystone does not let the gateway's own user validate tokens
    """
    token = cast("str", services.context.auth_token)
    try:
        roles = services.as_gateway().openstack.identity.list_roles_of_token(token)
    except exceptions.Forbidden as error:
        LOG.exception("Keystone does not allow the gateway's user to validate tokens")
        raise exceptions.GatewayNotAllowed from error
    context = copy.copy(services.context)
    context.roles = sorted(roles)
    name = f"kic_vm:{rule}"
    if policy.allows(services.app_state.enforcer, name, context):
        return
    LOG.info(
        "%s refused for user %s in project %s: Keystone no longer accepts the token, or no longer "
        "gives it the required role",
        name,
        services.user_id,
        services.project_id,
    )
    metrics.count_refusal(name)
    raise exceptions.Forbidden(CHANGED)


def read_if_allowed(services: RequestServices, rule: str, read: Callable[[], T]) -> T:
    """The result of ``read``, if the caller's token now satisfies a rule.

    The upstream call of ``require`` and those of ``read`` run side by side, in two threads: the
    token is sent in a header, which ``gather_reads`` does not do concurrently.

    :raises KicVmError: as ``require``, whatever ``read`` raises
    """
    _allowed, result = run_in_threads(partial(require, services, rule), read)
    return cast("T", result)


def allow(
    app_state: AppState, rule: str, project_id: str, user_id: str, roles: Iterable[str]
) -> bool:
    """Whether a user's roles in a project satisfy a rule.

    :param rule: ``resource:verb``
    :param roles: names of the effective roles that Keystone lists for the user in the project
    """
    context = RequestContext(
        user_id=user_id,
        project_id=project_id,
        roles=sorted(roles),
        overwrite=False,  # log lines stay those of the request
    )
    return policy.allows(app_state.enforcer, f"kic_vm:{rule}", context)
