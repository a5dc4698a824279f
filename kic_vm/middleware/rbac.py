# SPDX-License-Identifier: Apache-2.0
"""Method and path -> policy rule -> allow or refuse. Closed by default."""

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from oslo_log import log as logging
from oslo_policy import policy

from kic_vm import exceptions
from kic_vm import policy as rules
from kic_vm.context import DECISION_KEY, ENVIRON_KEY, RequestContext
from kic_vm.metrics import gateway as metrics
from kic_vm.middleware import routes

LOG = logging.getLogger(__name__)


class Rbac:
    """Allow or refuse each request by the one rule of its operation.

    ``environ[DECISION_KEY]`` names the path of the decision for the application.
    """

    def __init__(self, application: WSGIApplication, enforcer: policy.Enforcer) -> None:
        self._application = application
        self._enforcer = enforcer

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """See PEP 3333."""
        operation = environ[routes.ENVIRON_KEY]
        if not isinstance(operation, routes.Operation):
            raise operation
        if not operation.is_public:
            self._decide(operation, environ[ENVIRON_KEY])
        environ[DECISION_KEY] = operation.path
        return self._application(environ, start_response)

    def _decide(self, operation: routes.Operation, context: RequestContext) -> None:
        if not context.project_id:
            raise exceptions.ProjectScopeRequired
        if not rules.allows(self._enforcer, operation.rule, context):
            LOG.info(
                "%s refused for user %s in project %s",
                operation.rule,
                context.user_id,
                context.project_id,
            )
            metrics.count_refusal(operation.rule)
            raise exceptions.Forbidden
