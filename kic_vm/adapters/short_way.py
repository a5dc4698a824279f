"""GETs sent without keystoneauth around them, which costs more than sending and reading.

What is sent is what keystoneauth would send. Whatever it does beyond sending once is left to it:
new tokens, redirects, retries, and its log of what goes over the wire.
"""

import logging
from collections.abc import Mapping
from typing import Final

import requests
from keystoneauth1 import session as ksa_session
from keystoneauth1.exceptions import ConnectTimeout, UnknownConnectionError

from kic_vm.adapters.http import MeteredSession
from kic_vm.adapters.transport import BodyTooLarge

_WIRE_LOG: Final = logging.getLogger("keystoneauth.session")
_USER_AGENT: Final = f"kic-vm {ksa_session.DEFAULT_USER_AGENT}"
# Service type -> its name in OpenStack-API-Version, where that is another one.
_VERSIONED: Final = {"block-storage": "volume"}


def headers(service: str, microversion: str | None, request_id: str | None) -> dict[str, str]:
    """What a call has beside its tokens.

    :param service: its type in the service catalog
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
    """The answer to a GET; None where keystoneauth has to ask (again).

    :param session: it says how long to wait, and whom to trust
    :param url: complete
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
    """It logs in anew, follows, or tries again where the configuration says so."""
    return 300 <= status < 400 or status in {401, 503}
