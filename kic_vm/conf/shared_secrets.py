# SPDX-License-Identifier: Apache-2.0
"""Secrets that only the processes of one deployment share."""

import functools
import hashlib
import hmac
import secrets
from typing import Final

from keystoneauth1 import loading
from oslo_config import cfg

from kic_vm.conf import service_user

_LOGIN_SECRETS: Final = ("password", "application_credential_secret", "token")
_LOGIN_NAMES: Final = ("auth_url", "user_id", "username", "application_credential_id")
# With these, scrypt takes 32 MB and 0.1 s of CPU time for each guess. The start of the gateway
# takes 0.1 s longer, within its limit of 1.5 s.
_COST: Final = {"n": 2**15, "r": 8, "p": 1, "maxmem": 64 * 2**20}


def shared_secrets(conf: cfg.ConfigOpts, purpose: str) -> list[str]:
    """The secrets for a purpose: the first one encrypts, each of them decrypts.

    They are derived from [redis] secret. If that is unset, one secret is derived from another
    secret in the configuration. That may be a password that can be guessed, so it is stretched. If
    the configuration contains no secret at all, for example with a certificate, each process has
    its own random secret.

    :param purpose: each purpose has different secrets
    """
    sources: list[str] = conf.redis.secret or [_stretched_secret(conf)]
    return [
        hmac.new(source.encode(), purpose.encode(), hashlib.sha256).hexdigest()
        for source in sources
    ]


def _stretched_secret(conf: cfg.ConfigOpts) -> str:
    loading.load_auth_from_conf_options(conf, service_user.GROUP)  # registers the plugin's options
    # Only the options of the configured authentication plugin are registered.
    login = {
        name: getattr(conf[service_user.GROUP], name, None)
        for name in (*_LOGIN_SECRETS, *_LOGIN_NAMES)
    }
    candidates = [conf.keystone_authtoken.memcache_secret_key]
    candidates.extend(login[name] for name in _LOGIN_SECRETS)
    source = next((secret for secret in candidates if secret), None)
    if source is None:
        return _random_secret()
    # Deployments with the same password get different secrets; processes of one get the same.
    names = [str(login[name] or "").rstrip("/") for name in _LOGIN_NAMES]
    return _stretch(source, "\0".join(names))


@functools.lru_cache(maxsize=4)
def _stretch(source: str, deployment: str) -> str:
    """Slow on purpose. A process does it once, and its forked children inherit the result."""
    salt = hashlib.sha256(f"kic-vm\0{deployment}".encode()).digest()
    return hashlib.scrypt(source.encode(), salt=salt, dklen=32, **_COST).hex()


@functools.lru_cache(maxsize=1)
def _random_secret() -> str:
    return secrets.token_hex(32)
