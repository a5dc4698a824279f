# SPDX-License-Identifier: Apache-2.0
"""GETs sent without keystoneauth, which costs more than sending and reading them.

The requests are the same as keystoneauth would send. Everything beyond sending once is left to
keystoneauth: new tokens, redirects, retries, and its log of the traffic. Each such fallback counts
in the metric ``kic_vm_upstream_fallbacks``.
"""

import logging
from collections.abc import Mapping
from typing import Final

import requests
from keystoneauth1 import session as ksa_session
from keystoneauth1.exceptions import ConnectTimeout, UnknownConnectionError
from oslo_log import log as oslo_logging

from kic_vm.adapters.http.bodies import BodyTooLarge
from kic_vm.adapters.http.client import HttpClient
from kic_vm.adapters.http.current_call import current_call
from kic_vm.metrics import upstreams as metrics
from kic_vm.tracing import request_trace

LOG = oslo_logging.getLogger(__name__)

_WIRE_LOG: Final = logging.getLogger("keystoneauth.session")
_USER_AGENT: Final = f"kic-vm {ksa_session.DEFAULT_USER_AGENT}"
# Service type -> its name in OpenStack-API-Version, if different.
_VERSIONED: Final = {"block-storage": "volume"}

# Status of an answer -> why keystoneauth must send the GET again: it logs in again, follows a
# redirect, or retries as configured.
_REASONS: Final = {
    401: "unauthorized",
    503: "unavailable",
    **dict.fromkeys(range(300, 400), "redirect"),
}
_logged: set[tuple[str, str]] = set()


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


def get(
    session: ksa_session.Session, client: HttpClient, url: str, sent: Mapping[str, str]
) -> requests.Response | None:
    """The answer to a GET; None if keystoneauth must send it (again).

    :param session: provides the timeouts and the trusted certificates
    :param url: the complete URL
    :param sent: the headers
    :raises keystoneauth1.exceptions.ClientException: there was no answer in time, or its body is
        too large
    """
    if _WIRE_LOG.isEnabledFor(logging.DEBUG):
        _note_fallback("wire_log")
        return None
    try:
        answer = client.get(
            url, sent, timeout=session.timeout, verify=session.verify, cert=session.cert
        )
    except requests.Timeout as error:
        raise ConnectTimeout(f"Request to {url} timed out") from error
    except BodyTooLarge as error:
        raise UnknownConnectionError(f"{url}: {error}", error) from error
    except requests.RequestException:
        _note_fallback("no_answer")
        return None
    if answer.status_code in _REASONS:
        _note_fallback(_REASONS[answer.status_code])
        return None
    return answer


def _note_fallback(reason: str) -> None:
    """Count that keystoneauth sends the GET; log it once for each service and reason."""
    call = current_call()
    service = call.service if call else "-"
    metrics.count_fallback(service, reason)
    request_trace.note_fallback(reason)
    if (service, reason) not in _logged:
        _logged.add((service, reason))
        LOG.warning(
            "keystoneauth sends a GET to %s, which takes more CPU time: %s. The metric "
            "kic_vm_upstream_fallbacks counts this; it is logged once.",
            service,
            reason,
        )
