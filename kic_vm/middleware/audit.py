# SPDX-License-Identifier: Apache-2.0
"""The audit trail: CADF events by keystonemiddleware's audit filter.

Each event is written after the response: who did what to which resource, with what outcome.
An event has no token, no query and no body.
"""

import json
from collections.abc import Iterable
from typing import Any, Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import webob
from keystonemiddleware import audit
from oslo_config import cfg
from oslo_log import log as logging
from pycadf import attachment, resource

from kic_vm.conf import audit as audit_options
from kic_vm.context import COMMAND_KEY, ENVIRON_KEY, RECORD_KEY, RequestContext
from kic_vm.middleware import routes
from kic_vm.middleware.audit_queue import AuditQueue, Notifier
from kic_vm.middleware.client_address import client_address
from kic_vm.middleware.starting import Start

LOG = logging.getLogger("kic_vm.audit")

_SERVICE: Final = "kic-vm"
_TYPE: Final = "service/compute"
_EVENT_TYPE: Final = "audit.http.response"
_UNKNOWN: Final = "unknown"
# The fields with the id of a new resource: most resources, restored volumes, members, keypairs.
_ID_FIELDS: Final = ("id", "volume_id", "user_id", "name")
_READS: Final = frozenset({"GET", "HEAD"})


class Audit(audit.AuditMiddleware):  # type: ignore[misc, unused-ignore]
    """Write an event for each operation that changes something, and for reads if configured.

    The pipeline runs it outside of the error handling, so it sees the status of each response.

    :raises oslo_config.cfg.Error: the map cannot be read
    """

    _notifier: Notifier

    def __init__(self, application: WSGIApplication, conf: cfg.ConfigOpts) -> None:
        name = conf.audit.map_file
        path = conf.find_file(name)
        if path is None:
            raise cfg.ConfigFileValueError(
                f"[audit] map_file: {name} does not exist in the configuration directories"
            )
        audit_options.middleware_opts()  # sets the defaults
        try:
            super().__init__(application, oslo_config_config=conf)
            self._cadf_audit = _AuditApi(path, LOG)
        except (OSError, UnicodeDecodeError, audit.PycadfAuditApiConfigError) as error:
            raise cfg.ConfigFileValueError(f"[audit] map_file: {path}: {error}") from error
        if conf[audit.AUDIT_MIDDLEWARE_GROUP].use_oslo_messaging:
            self._notifier = AuditQueue(self._notifier, _JsonLog())
        else:
            self._notifier = _JsonLog()
        self._has_reads = conf.audit.reads

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """See PEP 3333."""
        start = Start()
        answer: Iterable[bytes] = self._application(environ, start)
        operation = environ.get(routes.ENVIRON_KEY)
        if isinstance(operation, routes.Operation) and self._is_audited(environ, operation):
            answer = list(answer)
            try:
                self._write(environ, operation, start.code, b"".join(answer))
            except Exception:  # the request was performed: it must not fail now
                LOG.exception("An audit event could not be written")
        start.pass_on(start_response)
        return answer

    def _is_audited(self, environ: WSGIEnvironment, operation: routes.Operation) -> bool:
        if environ["REQUEST_METHOD"] not in _READS:
            return True
        return self._has_reads and not operation.is_public

    def _write(
        self, environ: WSGIEnvironment, operation: routes.Operation, status: int, body: bytes
    ) -> None:
        # If no token was validated, the headers contain what the client sent.
        context: RequestContext | None = environ.get(ENVIRON_KEY)
        identity = {
            "HTTP_X_USER_ID": context.user_id if context else None,
            "HTTP_X_USER_NAME": context.user_name if context else None,
            "HTTP_X_PROJECT_ID": context.project_id if context else None,
            "HTTP_X_IDENTITY_STATUS": "Confirmed" if context and context.user_id else None,
        }
        request = webob.Request.blank(
            operation.path,  # not the real path: a resource can have the name of an action
            method=environ["REQUEST_METHOD"],
            environ={
                "REMOTE_ADDR": str(client_address(environ) or _UNKNOWN),
                "HTTP_USER_AGENT": environ.get("HTTP_USER_AGENT", ""),
                "openstack.request_id": environ[RECORD_KEY].request_id,
                **{name: value for name, value in identity.items() if value},
            },
        )
        event = self._create_event(request)
        command = environ.get(COMMAND_KEY)
        if command:
            event.action = f"{event.action}/{command.replace('-', '_')}"
        event.requestPath = environ[routes.PATH_KEY].encode("latin-1").decode(errors="replace")
        event.target.id = _resource_id(environ, operation, status, body)
        event.add_attachment(attachment.Attachment("policy", operation.rule, "rule"))
        request.environ["cadf_event"] = event
        request.environ["audit.context"] = {"request_id": environ[RECORD_KEY].request_id}
        self._process_response(request, webob.Response(status=status))


class _AuditApi(audit.OpenStackAuditApi):  # type: ignore[misc, unused-ignore]
    """The map. The target is the resource itself, not the service as the catalog describes it."""

    def get_target_resource(self, req: webob.Request) -> resource.Resource:
        """The target of a request; its id is set later."""
        return resource.Resource(
            typeURI=self._build_typeURI(req, _TYPE), id=_UNKNOWN, name=_SERVICE
        )


class _JsonLog:
    """Writes each event to the log as one line of JSON."""

    @staticmethod
    def notify(_context: object, event_type: str, payload: dict[str, Any]) -> None:
        """See keystonemiddleware's notifiers."""
        LOG.info("%s %s", event_type, json.dumps(payload, ensure_ascii=False))


def _resource_id(
    environ: WSGIEnvironment, operation: routes.Operation, status: int, body: bytes
) -> str:
    """The id or name of the resource: the last one in the path, or the new one."""
    _route, arguments = environ[routes.MATCH_KEY].match()
    if operation.method == "POST" and not operation.path.endswith("}") and status < 300:
        created = _created_id(body)
        if created:
            return created
    values = list(arguments.values())
    return str(values[-1]) if values else _UNKNOWN


def _created_id(body: bytes) -> str | None:
    """The id or name in the response. The ids of several new instances are joined by commas."""
    try:
        document = json.loads(body)
    except ValueError:
        return None
    values = list(document.values()) if isinstance(document, dict) else []
    resources = next((value for value in values if isinstance(value, list)), values)
    ids = [
        str(next(filter(None, map(created.get, _ID_FIELDS)), _UNKNOWN))
        for created in resources
        if isinstance(created, dict)
    ]
    return ",".join(ids) or None
