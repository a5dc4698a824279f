# SPDX-License-Identifier: Apache-2.0
"""Sessions of requests that send once and interpret nothing of an answer."""

import contextlib
import http.cookiejar
from collections.abc import Iterator
from typing import Any

import requests
from oslo_log import log as logging

LOG = logging.getLogger(__name__)


class UnreadableAnswer(requests.RequestException):
    """A library failed to read an answer, or to parse an address."""


class _Session(requests.Session):
    """A session for answers that may contain anything."""

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """See requests.Session.

        The text of the answer can be decoded: some of the codecs that an answer can name refuse to
        replace what they cannot decode. OpenStack's services send UTF-8.
        """
        response = super().send(request, **kwargs)
        response.encoding = "utf-8"
        return response

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: a redirect is an answer.

        Even if it does not follow a redirect, requests would parse its address and read its body
        without a limit.
        """


def create(adapter: requests.adapters.BaseAdapter) -> requests.Session:
    """A session that sends with an adapter, and uses only the settings of each request."""
    session = _Session()
    session.trust_env = False  # see Environment; the machine's .netrc is not for OpenStack
    session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("http://", "https://"):
        session.mount(scheme, adapter)
    return session


@contextlib.contextmanager
def failures_of_libraries() -> Iterator[None]:
    """Report any exception of the libraries that send and read as a failure of the request.

    Whatever it is, the service may have received the request.

    :raises requests.RequestException: a library failed
    """
    try:
        yield
    except requests.RequestException:
        raise
    except Exception as error:
        LOG.warning("A library failed to read an answer", exc_info=error)
        raise UnreadableAnswer(f"{type(error).__name__}: {error}") from error
