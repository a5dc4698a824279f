"""One openstacksdk connection per process, used with each caller's own token.

The connection looks up the services' addresses, negotiates versions and holds the pool of HTTP
connections; it is built once. Calls send raw JSON through its adapters with the caller's token, and
create no SDK objects.
"""

import functools
import threading
import time
import urllib.parse
from typing import Any, Final, cast

import cachetools
import openstack.connection
import orjson
import requests
from keystoneauth1 import adapter as ksa_adapter
from keystoneauth1 import exceptions as ksa_exceptions
from keystoneauth1 import loading
from keystoneauth1.plugin import BaseAuthPlugin
from keystoneauth1.service_token import SERVICE_AUTH_HEADER_NAME, ServiceTokenAuthWrapper
from oslo_config import cfg

from kic_vm import exceptions
from kic_vm.adapters import errors, guards, outcomes, service_user_writes, short_way, time_limits
from kic_vm.adapters.http import MeteredSession
from kic_vm.adapters.own_login import OwnLogin
from kic_vm.adapters.upstream import calling
from kic_vm.conf import logins, service_user, upstreams
from kic_vm.context import RequestContext, current_record
from kic_vm.metrics import gateway as metrics

JSON = dict[str, Any]

# How long token data, which includes the catalog, is considered valid.
_ENDPOINTS_SECONDS: Final = 300
_ENDPOINTS: Final = 4096
_TOKEN_SECONDS: Final = 10
_READS: Final = frozenset({"GET", "HEAD"})
# The exceptions of a call that got no answer.
_FAILURES: Final = (ksa_exceptions.ClientException, openstack.exceptions.SDKException)


class Cloud:
    """The OpenStack cloud in the configuration; one thread-safe object per process.

    :raises oslo_config.cfg.Error: [service_user] lacks the gateway's credentials
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._conf = conf
        self.guards = guards.load(conf)
        self.http = MeteredSession(
            conf.service_user.pool_size,
            conf.service_user.max_response_body_size,
            time_limits.load(conf),
            self.guards,
        )
        service_auth = logins.load(conf, service_user.GROUP)
        self.service_auth = OwnLogin(service_auth, self.guards["identity"])
        self.session = loading.load_session_from_conf_options(
            conf,
            service_user.GROUP,
            auth=self.service_auth,
            session=self.http,
            collect_timing=False,
            split_loggers=False,
        )
        self.session.timeout = None  # the HTTP session has the time limits of each service
        self._endpoints: cachetools.TTLCache[tuple[str, str | None], str | None] = (
            cachetools.TTLCache(_ENDPOINTS, _ENDPOINTS_SECONDS)
        )
        self._endpoints_lock = threading.Lock()
        self._adapters: dict[str, ksa_adapter.Adapter] = {}
        self._token: tuple[object, float, str | None] | None = None
        self._connection = openstack.connection.Connection(
            session=self.session, oslo_conf=conf, service_types=list(upstreams.GROUPS.values())
        )

    @property
    def identity_url(self) -> str:
        """Keystone's versioned address; the gateway need not log in to find it."""
        configured = self._conf.keystone.endpoint_override or self.service_auth.auth_url
        base = str(configured).rstrip("/")
        return base if base.endswith("/v3") else f"{base}/v3"

    def adapter(self, service: str) -> ksa_adapter.Adapter:
        """The connection's adapter for a service type of the catalog.

        :raises UpstreamError: the service or Keystone cannot be reached
        """
        found = self._adapters.get(service)
        if found is not None:
            return found
        # openstacksdk logs in to look up the service, and does not distinguish a failed login
        # from a failed service.
        self.service_auth.get_access(self.session)
        attribute = service.replace("-", "_")
        try:
            with calling(service):
                found = getattr(self._connection, attribute)
        except (ksa_exceptions.ClientException, openstack.exceptions.SDKException) as error:
            raise errors.from_exception(service, error) from error
        if isinstance(found, ksa_adapter.Adapter):  # otherwise the catalog lacks the service
            self._adapters[service] = found
        return cast("ksa_adapter.Adapter", found)

    def endpoint(self, service: str, context: RequestContext) -> str | None:
        """The address of a service for the caller's project; it may contain the project's id.

        The lookup in the catalog costs as much as half a request, so the address is cached.
        """
        project_id = None if context.auth is self.service_auth else context.project_id
        key = (service, project_id)
        with self._endpoints_lock:
            found = self._endpoints.get(key)
        if found is None:
            # Called on the class: openstacksdk's Keystone adapter uses the name for something else.
            adapter = self.adapter(service)
            found = ksa_adapter.Adapter.get_endpoint(adapter, auth=self.auth_for(context))
            if found is None or "%" in found:  # a placeholder for keystoneauth to fill
                return None
            with self._endpoints_lock:
                self._endpoints[key] = found
        return found

    def auth_for(self, context: RequestContext) -> BaseAuthPlugin:
        """The caller's token, with the gateway's service token if that is configured."""
        caller = _caller(context)
        if self._conf.service_user.send_service_user_token:
            return ServiceTokenAuthWrapper(caller, self.service_auth)
        return caller

    def headers_for(self, context: RequestContext) -> dict[str, str] | None:
        """The headers with the tokens of ``auth_for``, computed once for each request.

        :raises keystoneauth1.exceptions.ClientException: the gateway cannot log in
        """
        known = context.upstream_headers
        if known is None or known[0] is not context.auth:
            caller = _caller(context)
            headers = caller.get_headers(self.session)
            if headers is None:
                return None
            if self._conf.service_user.send_service_user_token and (own := self._own_token()):
                headers[SERVICE_AUTH_HEADER_NAME] = own
            known = context.upstream_headers = (caller, headers)
        return known[1]

    def _own_token(self) -> str | None:
        """The gateway's own token, cached for some seconds while keystoneauth has the same one.

        keystoneauth renews the token two minutes before it expires, and parses two dates each time
        to check whether that is due.
        """
        known, now = self._token, time.monotonic()
        if known and known[0] is self.service_auth.auth_ref and now < known[1]:
            return known[2]
        token = self.service_auth.get_token(self.session)
        self._token = (self.service_auth.auth_ref, now + _TOKEN_SECONDS, token)
        return token


def _caller(context: RequestContext) -> BaseAuthPlugin:
    assert context.auth is not None, "a public operation makes no call in a caller's name"  # noqa: S101
    return context.auth


class Answer(dict[str, Any]):
    """The JSON object in a service's answer.

    :param is_write: the request was a write
    """

    def __init__(self, service: str, body: JSON, *, is_write: bool = False) -> None:
        super().__init__(body)
        self.service = service
        self._is_write = is_write

    def __missing__(self, key: str) -> Any:
        """Report a documented field that the answer lacks.

        :raises UpstreamError: always
        """
        raise _not_understood(self.service, is_write=self._is_write)


def _not_understood(service: str, *, is_write: bool) -> exceptions.KicVmError:
    error = errors.not_understood(service)
    if is_write:
        _leave_open(error)
    return error


def _leave_open(error: exceptions.KicVmError) -> None:
    """Mark a failed write as possibly performed."""
    error.is_outcome_unknown = True
    _note_write(is_outcome_unknown=True)


def _note_write(*, is_outcome_unknown: bool) -> None:
    record = current_record()
    if record is not None:
        record.note_write(is_outcome_unknown=is_outcome_unknown)


class Service:
    """One OpenStack service, called on behalf of one caller.

    :param service: the service's type in the service catalog
    """

    def __init__(self, cloud: Cloud, context: RequestContext, service: str) -> None:
        self._cloud = cloud
        self._context = context
        self._service = service

    @property
    def service(self) -> str:
        """The service's type in the service catalog."""
        return self._service

    def request(
        self,
        method: str,
        path: str,
        *,
        microversion: str | None = None,
        returned: int | None = None,
        **kwargs: Any,
    ) -> requests.Response:
        """Send one request.

        :param path: path below the service's versioned endpoint; build it with ``path()``
        :param microversion: the lowest microversion that has the needed fields
        :param returned: an error status that is returned instead of raised
        :raises KicVmError: the service refused or failed; ``is_outcome_unknown`` is set if a write
            was sent and no complete refusal came back
        """
        if self._context.auth is self._cloud.service_auth:
            service_user_writes.check(self._service, method, path)
        self._context.update_store()  # so that this thread's log lines have the request id
        if method not in _READS:
            return self._write(method, path, microversion=microversion, **kwargs)
        try:
            with calling(self._service):
                endpoint = self._cloud.endpoint(self._service, self._context)
                response = self._send(method, path, endpoint, microversion, **kwargs)
        except _FAILURES as error:
            raise errors.from_exception(self._service, error) from error
        if response.status_code >= 400 and response.status_code != returned:
            raise errors.from_response(self._service, response)
        return response

    def _write(
        self, method: str, path: str, *, microversion: str | None = None, **kwargs: Any
    ) -> requests.Response:
        """Send a write once, and note its outcome.

        It was performed or refused, or the outcome is unknown; see KicVmError.is_outcome_unknown.
        """
        if self._context.idempotent_request is not None:
            self._context.idempotent_request.check_write()
        retries = {"connect_retries": 0, "status_code_retries": 0}
        endpoint = None
        try:
            with calling(self._service):
                endpoint = self._cloud.endpoint(self._service, self._context)
                response = self._send(method, path, endpoint, microversion, **retries, **kwargs)
        except _FAILURES as error:
            failure = errors.from_exception(self._service, error)
            if outcomes.may_have_arrived(error, endpoint):
                _leave_open(failure)
            raise failure from error
        if response.status_code >= 400:
            failure = errors.from_response(self._service, response)
            if response.status_code >= 500:
                _leave_open(failure)
            raise failure
        _note_write(is_outcome_unknown=False)
        return response

    def _send(
        self, method: str, path: str, endpoint: str | None, microversion: str | None, **kwargs: Any
    ) -> requests.Response:
        """The answer of the service, whatever its status.

        :raises keystoneauth1.exceptions.ClientException: there is no answer
        :raises openstack.exceptions.SDKException: there is no answer
        """
        with metrics.UpstreamCall(self._service, method, path) as call:
            response = None
            if method == "GET" and endpoint and not kwargs:
                response = self._fetch(endpoint, path, microversion)
            if response is None:
                response = self._cloud.adapter(self._service).request(
                    path,
                    method,
                    auth=self._cloud.auth_for(self._context),
                    endpoint_override=endpoint,
                    microversion=microversion,
                    global_request_id=self._context.request_id,
                    raise_exc=False,
                    **kwargs,
                )
            call.status = response.status_code
        return response

    def _fetch(
        self, endpoint: str, path: str, microversion: str | None
    ) -> requests.Response | None:
        """The answer to a GET by ``short_way``; None if keystoneauth must send it (again)."""
        headers = self._cloud.headers_for(self._context)
        if headers is None:
            return None
        more = short_way.headers(self._service, microversion, self._context.request_id)
        return short_way.fetch(
            self._cloud.session, self._cloud.http, endpoint.rstrip("/") + path, headers | more
        )

    def json(self, method: str, path: str, **kwargs: Any) -> Answer:
        """Send one request and read the JSON object in its answer.

        :raises KicVmError: as ``request``, or the answer is not a JSON object
        """
        is_write = method not in _READS
        response = self.request(method, path, **kwargs)
        try:
            body = orjson.loads(response.content)
        except orjson.JSONDecodeError as error:
            raise _not_understood(self._service, is_write=is_write) from error
        if not isinstance(body, dict):
            raise _not_understood(self._service, is_write=is_write)
        answer = Answer(self._service, body, is_write=is_write)
        record = current_record()
        if record is not None:
            record.answers.append(answer)
        return answer


def path(*parts: str, **query: str | int | list[str] | None) -> str:
    """A request path in which every part and query value is quoted.

    Query parameters that are None are omitted; a list repeats its parameter.
    """
    base = "".join(["/" + _quoted(part) for part in parts])
    given = [
        f"{_quoted(name)}={_quoted(str(one))}"
        for name, value in query.items()
        if value is not None
        for one in (value if isinstance(value, list) else [value])
    ]
    return f"{base}?{'&'.join(given)}" if given else base


@functools.lru_cache(4096)  # calls repeat the same field names
def _quoted(text: str) -> str:
    return urllib.parse.quote(text, safe="")
