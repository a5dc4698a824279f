# SPDX-License-Identifier: Apache-2.0
"""The client's address and URL, as the proxy in front of the gateway reports them."""

import webob
from oslo_middleware import http_proxy_to_wsgi


class ProxyHeaders(http_proxy_to_wsgi.HTTPProxyToWSGI):  # type: ignore[misc, unused-ignore]
    """Read the ``X-Forwarded-*`` headers of the proxy, and ignore ``Forwarded``.

    Most proxies pass ``Forwarded`` on unchanged. oslo.middleware prefers it and uses its first
    element, so clients could choose their own address and URL.
    """

    def process_request(self, req: webob.Request) -> webob.Response | None:
        """See oslo.middleware."""
        req.environ.pop("HTTP_FORWARDED", None)
        return super().process_request(req)
