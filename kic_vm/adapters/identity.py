"""Keystone: tokens, passed through as they are."""

import requests
from keystoneauth1 import exceptions as ksa_exceptions
from werkzeug.datastructures import Headers

from kic_vm.adapters import errors
from kic_vm.adapters.connection import Cloud

SERVICE = "identity"
_REQUEST_HEADERS = (
    "Accept",
    "Content-Type",
    "OpenStack-Identity-Access-Rules",
    "X-Auth-Token",
    "X-Subject-Token",
)


def forward_tokens(
    cloud: Cloud, method: str, headers: Headers, query: str, body: bytes, request_id: str
) -> requests.Response:
    """Keystone's own answer to a token request that comes from outside.

    Only the headers that concern tokens are passed on, and nothing of the gateway's identity.

    :raises KicVmError: Keystone refused or failed
    """
    sent = {name: headers[name] for name in _REQUEST_HEADERS if name in headers}
    sent["X-Openstack-Request-Id"] = request_id
    try:
        response = cloud.session.request(
            f"{cloud.identity_url}/auth/tokens" + (f"?{query}" if query else ""),
            method,
            data=body or None,
            headers=sent,
            authenticated=False,
            raise_exc=False,
            log=False,
        )
    except ksa_exceptions.ClientException as error:
        raise errors.from_exception(SERVICE, error) from error
    if response.status_code >= 400:
        raise errors.from_response(SERVICE, response)
    return response
