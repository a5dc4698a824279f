# SPDX-License-Identifier: Apache-2.0
"""keystonemiddleware's auth_token, for every operation that is not public."""

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from oslo_config import cfg

from kic_vm import exceptions
from kic_vm.adapters.cloud import Cloud
from kic_vm.cache.interface import Cache
from kic_vm.conf.shared_secrets import shared_secrets
from kic_vm.metrics import gateway as metrics
from kic_vm.middleware import routes
from kic_vm.middleware.token_validation import TokenValidation

_CACHE_KEY = "kic_vm.token_cache"
_SENT_KEY = "kic_vm.sent_path"
_TOKEN = "HTTP_X_AUTH_TOKEN"  # noqa: S105 - the name of a header


class Authentication:
    """Pass requests with a valid token on to ``application``; public operations need no token.

    :param cloud: the cloud whose Keystone validates the tokens
    """

    def __init__(
        self,
        application: WSGIApplication,
        conf: cfg.ConfigOpts,
        cache: Cache,
        cloud: Cloud,
    ) -> None:
        self._application = application
        self._cache = _CountedCache(cache)
        options = {
            "oslo_config_config": conf,
            "cache": _CACHE_KEY,
            "delay_auth_decision": False,
            # Defense in depth: a caller's X-Service-Token is already dropped below.
            "service_token_roles_required": True,
        }
        authtoken = conf.keystone_authtoken
        is_encrypting = authtoken.memcache_security_strategy.lower() != "none"
        if is_encrypting and not authtoken.memcache_secret_key:
            options["memcache_secret_key"] = shared_secrets(conf, "token cache")[0]
        self._confirmed = TokenValidation(_with_sent_path(application), options, cloud)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """See PEP 3333."""
        if _TOKEN in environ:
            environ[_TOKEN] = _only(environ[_TOKEN])
        operation = environ[routes.ENVIRON_KEY]
        if isinstance(operation, routes.Operation) and operation.is_public:
            return self._application(environ, start_response)
        # With a service token, OpenStack skips the access rules of a restricted credential. A
        # caller must not get around the rules by sending a service token.
        environ.pop("HTTP_X_SERVICE_TOKEN", None)
        environ[_CACHE_KEY] = self._cache
        # auth_token compares access rules with SCRIPT_NAME + PATH_INFO. The proxy or the client
        # sets the prefix: if it counted, one operation could pass as another.
        environ[_SENT_KEY] = environ.get("SCRIPT_NAME", ""), environ["PATH_INFO"]
        environ["SCRIPT_NAME"], environ["PATH_INFO"] = "", environ[routes.PATH_KEY]
        answer: Iterable[bytes] = self._confirmed(environ, start_response)
        return answer


def _with_sent_path(application: WSGIApplication) -> WSGIApplication:
    """The application, called with the path as the client sent it."""

    def restored(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["SCRIPT_NAME"], environ["PATH_INFO"] = environ.pop(_SENT_KEY)
        return application(environ, start_response)

    return restored


class _CountedCache:
    """The cache for auth_token; it counts hits and misses."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self.set = cache.set

    def get(self, key: str) -> bytes | None:
        """See Cache."""
        found = self._cache.get(key)
        metrics.count_token_lookup(is_hit=found is not None)
        return found


def _only(header: str) -> str:
    """The token of a header that may have been sent twice: WSGI joins both with a comma.

    :raises Unauthorized: the request has two different tokens
    """
    tokens = {token.strip() for token in header.split(",")}
    if len(tokens) > 1:
        raise exceptions.Unauthorized("X-Auth-Token contains two different tokens: send one.")
    return tokens.pop()
