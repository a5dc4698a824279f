"""Secrets that all processes of a deployment have, and nobody else."""

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
# scrypt with these takes 32 MB and a tenth of a second of CPU time for each guess. A start of the
# gateway takes as much longer, and may take 1.5 seconds.
_COST: Final = {"n": 2**15, "r": 8, "p": 1, "maxmem": 64 * 2**20}


def shared_secrets(conf: cfg.ConfigOpts, purpose: str) -> list[str]:
    """The secrets for a purpose: the first one seals, each of them opens.

    They are made of those of [redis] secret. Where there is none, the one secret is made of what
    the operator has chosen for other ends, which may be a password that somebody can guess: it is
    stretched. Where the configuration has nothing secret at all, such as with a certificate, each
    process has a secret of its own.

    :param purpose: another one gives other secrets
    """
    chosen: list[str] = conf.redis.secret or [_stretched_secret(conf)]
    return [hmac.new(one.encode(), purpose.encode(), hashlib.sha256).hexdigest() for one in chosen]


def _stretched_secret(conf: cfg.ConfigOpts) -> str:
    loading.load_auth_from_conf_options(conf, service_user.GROUP)  # before, its options are unknown
    # Only the options of the configured way to log in are known.
    login = {
        name: getattr(conf[service_user.GROUP], name, None)
        for name in (*_LOGIN_SECRETS, *_LOGIN_NAMES)
    }
    known = [conf.keystone_authtoken.memcache_secret_key]
    known.extend(login[name] for name in _LOGIN_SECRETS)
    chosen = next((secret for secret in known if secret), None)
    if chosen is None:
        return _random_secret()
    # Two deployments with the same password have different secrets, and processes of one the same.
    names = [str(login[name] or "").rstrip("/") for name in _LOGIN_NAMES]
    return _stretch(chosen, "\0".join(names))


@functools.lru_cache(maxsize=4)
def _stretch(chosen: str, deployment: str) -> str:
    """Slow on purpose; a process does it once, and hands the result to those that it forks."""
    salt = hashlib.sha256(f"kic-vm\0{deployment}".encode()).digest()
    return hashlib.scrypt(chosen.encode(), salt=salt, dklen=32, **_COST).hex()


@functools.lru_cache(maxsize=1)
def _random_secret() -> str:
    return secrets.token_hex(32)
