"""GETs sent without keystoneauth, which costs more than sending and reading them.

The requests are the same as keystoneauth would send. For everything beyond sending once,
keystoneauth is used: new tokens, redirects, retries, and its log of the traffic.
"""

import logging
from collections.abc import Mapping
from typing import Final

import requests
from keystoneauth1 import session as ksa_session
from keystoneauth1.exceptions import ConnectTimeout, UnknownConnectionError

from kic_vm.adapters.http.client import MeteredSession
from kic_vm.adapters.http.curl_adapter import BodyTooLarge

_WIRE_LOG: Final = logging.getLogger("keystoneauth.session")
_USER_AGENT: Final = f"kic-vm {ksa_session.DEFAULT_USER_AGENT}"
# Service type -> its name in OpenStack-API-Version, if different.
_VERSIONED: Final = {"block-storage": "volume"}


def headers(service: str, microversion: str | None, request_id: str | None) -> dict[str, str]:
    """The headers of a call, except its tokens.

    :param service: the service's type in the service catalog
    """
    made = {"User-Agent": _USER_AGENT}
    if microversion:
        made["OpenStack-API-Version"] = f"{_VERSIONED.get(service, service)} {microversion}"
    if request_id:
        made["X-OpenStack-Request-ID"] = request_id
    return made


def fetch(
    session: ksa_session.Session, http: MeteredSession, url: str, sent: Mapping[str, str]
) -> requests.Response | None:
    """The answer to a GET; None if keystoneauth must send it (again).

    :param session: provides the timeouts and the trusted certificates
    :param url: the complete URL
    :param sent: the headers
    :raises keystoneauth1.exceptions.ClientException: there was no answer in time, or its body is
        too large
    """
    if _WIRE_LOG.isEnabledFor(logging.DEBUG):
        return None
    try:
        answer = http.fetch(
            url, sent, timeout=session.timeout, verify=session.verify, cert=session.cert
        )
    except requests.Timeout as error:
        raise ConnectTimeout(f"Request to {url} timed out") from error
    except BodyTooLarge as error:
        raise UnknownConnectionError(f"{url}: {error}", error) from error
    except requests.RequestException:
        return None
    return None if _is_for_keystoneauth(answer.status_code) else answer


def _is_for_keystoneauth(status: int) -> bool:
    """Whether keystoneauth must log in again, follow a redirect, or retry as configured."""
    return 300 <= status < 400 or status in {401, 503}
