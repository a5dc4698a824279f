# SPDX-License-Identifier: Apache-2.0
"""The authenticated identity -> RequestContext."""

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from keystoneauth1.identity.access import AccessInfoPlugin

from kic_vm.context import ENVIRON_KEY, RECORD_KEY, RequestContext
from kic_vm.middleware import routes


class Context:
    """Build the request's context from the identity that auth_token has validated.

    For public operations, no identity is validated and the identity headers may be forged: the
    context then has no identity.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """See PEP 3333."""
        record = environ[RECORD_KEY]
        operation = environ[routes.ENVIRON_KEY]
        if isinstance(operation, routes.Operation) and operation.is_public:
            context = RequestContext(request_id=record.request_id)
        else:
            token = environ["keystone.token_auth"].user
            # The token already has the catalog: do not parse it again from JSON.
            environ.pop("HTTP_X_SERVICE_CATALOG", None)
            context = RequestContext.from_environ(
                environ,
                request_id=record.request_id,
                # auth_token's own plugin would add its service token to every call.
                auth=AccessInfoPlugin(token),
                is_restricted=token.application_credential_access_rules is not None,
                is_multiprocess=environ["wsgi.multiprocess"],
            )
            record.project_id = context.project_id
        environ[ENVIRON_KEY] = context
        return self._application(environ, start_response)
