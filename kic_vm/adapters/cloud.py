# SPDX-License-Identifier: Apache-2.0
"""One openstacksdk connection per process, used with each caller's own token.

The connection looks up the services' addresses, negotiates versions and holds the pool of HTTP
connections; it is built once. Calls send raw JSON through its adapters with the caller's token, and
create no SDK objects.
"""

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Final, cast

import cachetools
import openstack.connection
from keystoneauth1 import adapter as ksa_adapter
from keystoneauth1 import exceptions as ksa_exceptions
from keystoneauth1 import loading
from keystoneauth1.plugin import BaseAuthPlugin
from keystoneauth1.service_token import SERVICE_AUTH_HEADER_NAME, ServiceTokenAuthWrapper
from oslo_config import cfg

from kic_vm.adapters import errors, unreadable
from kic_vm.adapters.http import guards, time_limits
from kic_vm.adapters.http.client import HttpClient
from kic_vm.adapters.http.current_call import calling
from kic_vm.adapters.own_login import OwnLogin
from kic_vm.conf import logins, service_user, upstreams
from kic_vm.context import RequestContext

# How long token data, which includes the catalog, is considered valid.
_ENDPOINTS_SECONDS: Final = 300
_ENDPOINTS: Final = 4096
_TOKEN_SECONDS: Final = 10


class Cloud:
    """The OpenStack cloud in the configuration; one thread-safe object per process.

    :raises oslo_config.cfg.Error: [service_user] lacks the gateway's credentials
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._conf = conf
        self.guards = guards.load(conf)
        self.http = HttpClient(
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
        self.changing: Callable[[str | None], contextlib.AbstractContextManager[None]] = (
            lambda _project_id: contextlib.nullcontext()
        )
        """Entered around each write, with the project of the request."""
        self._connection = openstack.connection.Connection(
            session=self.session, oslo_conf=conf, service_types=list(upstreams.GROUPS.values())
        )

    def close(self) -> None:
        """Stop what would keep this object for ever; calls in progress continue.

        The probes of services that are down, and a finalizer of openstacksdk.
        """
        for guard in self.guards.values():
            guard.breaker.stop()
        self._connection.close()

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
            with calling(service), unreadable.reported(service):
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
            with unreadable.reported(service):
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
