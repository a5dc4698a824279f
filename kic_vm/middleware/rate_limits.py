# SPDX-License-Identifier: Apache-2.0
"""Rate limits: by address before the token is validated, by user and project afterwards.

The headers are those of the IETF draft "RateLimit header fields for HTTP": ``RateLimit-Policy`` has
the limits, ``RateLimit`` the requests that are left and the seconds until all are available again.
"""

import ipaddress
from collections.abc import Iterable
from typing import Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from oslo_config import cfg

from kic_vm import exceptions
from kic_vm.conf.limits import KINDS
from kic_vm.context import ENVIRON_KEY
from kic_vm.metrics import gateway as metrics
from kic_vm.middleware import routes
from kic_vm.middleware.client_address import Address, client_address
from kic_vm.middleware.starting import Start
from kic_vm.rate_limiter import Policy, RateLimiter, Usage, policies_of

_USAGES_KEY: Final = "kic_vm.rate_limit_usages"
_READS: Final = frozenset({"GET", "HEAD"})
_TOKENS: Final = "/identity/v3/auth/tokens"
_IPV6_PREFIX: Final = 64  # usually the network of one customer


class RateLimitHeaders:
    """Add the headers of the limits that applied to a request, to refusals too."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """See PEP 3333."""
        usages: list[Usage] = []
        environ[_USAGES_KEY] = usages
        start = Start()
        answer = self._application(environ, start)
        if usages:
            start.headers.append(("RateLimit-Policy", ", ".join(map(_policy_item, usages))))
            start.headers.append(("RateLimit", ", ".join(map(_limit_item, usages))))
        start.pass_on(start_response)
        return answer


class AddressLimits:
    """Refuse too many requests from one address, before the token is validated."""

    def __init__(
        self, application: WSGIApplication, conf: cfg.ConfigOpts, limiter: RateLimiter
    ) -> None:
        self._application = application
        self._limiter = limiter
        self._tokens = policies_of(conf, "tokens_per_address")
        self._policies = {kind: policies_of(conf, f"{kind}_per_address") for kind in KINDS}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """See PEP 3333.

        :raises TooManyRequests: a limit is exceeded
        """
        policies = self._policies_for(environ)
        if policies:
            _count(environ, self._limiter, policies, _network(client_address(environ)))
        return self._application(environ, start_response)

    def _policies_for(self, environ: WSGIEnvironment) -> list[Policy]:
        operation = environ[routes.ENVIRON_KEY]
        if not isinstance(operation, routes.Operation) or not operation.is_public:
            return self._policies[_kind(environ)]
        if operation.path != _TOKENS:
            return []  # never the health checks of load balancers
        if operation.method == "POST":
            return self._tokens
        # Keystone validates these tokens, too.
        return self._policies["reads"] or self._tokens


class CallerLimits:
    """Refuse too many requests of one user, or of all users of one project."""

    def __init__(
        self, application: WSGIApplication, conf: cfg.ConfigOpts, limiter: RateLimiter
    ) -> None:
        self._application = application
        self._limiter = limiter
        self._users = {kind: policies_of(conf, f"{kind}_per_user") for kind in KINDS}
        self._projects = {kind: policies_of(conf, f"{kind}_per_project") for kind in KINDS}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """See PEP 3333.

        :raises TooManyRequests: a limit is exceeded
        """
        context, kind = environ[ENVIRON_KEY], _kind(environ)
        for policies, client in (
            (self._users[kind], context.user_id),
            (self._projects[kind], context.project_id),
        ):
            if policies and client:
                _count(environ, self._limiter, policies, client)
        return self._application(environ, start_response)


def _kind(environ: WSGIEnvironment) -> str:
    return "reads" if environ["REQUEST_METHOD"] in _READS else "writes"


def _network(address: Address | None) -> str:
    """The IPv4 address or IPv6 network; all clients without an address share one limit."""
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(address), _IPV6_PREFIX), strict=False))
    return str(address or "unknown")


def _count(
    environ: WSGIEnvironment, limiter: RateLimiter, policies: list[Policy], client: str
) -> None:
    usages = limiter.count(policies, client)
    environ[_USAGES_KEY].extend(usages)
    refused = [usage for usage in usages if not usage.is_allowed]
    if refused:
        metrics.count_rate_limited(refused[0].policy.name)
        raise exceptions.TooManyRequests(max(usage.seconds for usage in refused))


def _policy_item(usage: Usage) -> str:
    item = usage.policy.item
    return f'"{_name(usage)}";q={item.amount};w={item.get_expiry()}'


def _limit_item(usage: Usage) -> str:
    return f'"{_name(usage)}";r={usage.remaining};t={usage.seconds}'


def _name(usage: Usage) -> str:
    """A name that is unique even if an option has several limits."""
    return f"{usage.policy.name}_{usage.policy.item.get_expiry()}s"
