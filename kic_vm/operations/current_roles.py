# SPDX-License-Identifier: Apache-2.0
"""Policy checks against the roles that Keystone lists now.

A token has the roles of the moment at which it was validated. The gateway uses its own user's
rights only after it has read the current roles of the caller, or of the owner, from Keystone.
"""

import copy
from collections.abc import Iterable
from typing import Final

from oslo_log import log as logging

from kic_vm import exceptions, policy
from kic_vm.context import RequestContext
from kic_vm.metrics import gateway as metrics
from kic_vm.operations.request import AppState, RequestServices
from kic_vm.resources.identity import RoleAssignment

LOG = logging.getLogger(__name__)

CHANGED: Final = (
    "Your role in this project no longer allows this operation: it has changed since your token "
    "was issued."
)


def require(services: RequestServices, rule: str, roles: Iterable[str]) -> None:
    """Check that the caller's roles in Keystone satisfy a rule, as the roles in the token did.

    :param rule: ``resource:verb``
    :param roles: names of the effective roles that Keystone lists for the caller in the project
    :raises Forbidden: the roles do not satisfy the rule
    """
    context = copy.copy(services.context)
    context.roles = sorted(roles)
    name = f"kic_vm:{rule}"
    if policy.allows(services.app_state.enforcer, name, context):
        return
    LOG.info(
        "%s refused for user %s in project %s: Keystone no longer lists the roles in the token",
        name,
        services.user_id,
        services.project_id,
    )
    metrics.count_refusal(name)
    raise exceptions.Forbidden(CHANGED)


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


def effective_roles(assignments: Iterable[RoleAssignment], user_id: str) -> set[str]:
    """The names of a user's roles.

    :param assignments: effective role assignments in the project, with names
    """
    return {
        assignment["role"]["name"]
        for assignment in assignments
        if assignment["user"]["id"] == user_id
    }
