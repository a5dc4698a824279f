# SPDX-License-Identifier: Apache-2.0
"""The only writes that the gateway's own user can send to OpenStack.

The documentation (service-user) has a row for each of them: it states the check, made just before
the call, that justifies using rights that the caller does not have.
"""

from typing import Final

from kic_vm import exceptions
from kic_vm.metrics.gateway import template

# Service type, method, and path with ``{id}`` for ids and names.
WRITES: Final = frozenset(
    {
        ("identity", "PUT", "/projects/{id}/users/{id}/roles/{id}"),
        ("identity", "DELETE", "/projects/{id}/users/{id}/roles/{id}"),
        ("compute", "DELETE", "/os-keypairs/{id}"),
        ("compute", "POST", "/servers/{id}/action"),
        ("network", "DELETE", "/ports/{id}"),
        ("network", "PUT", "/ports/{id}"),
        ("network", "PUT", "/ports/{id}/tags/{id}"),
    }
)


def check(service: str, method: str, path: str) -> None:
    """Check that the gateway's own user may send this call.

    :raises InternalError: the call is a write that is not listed here
    """
    if method != "GET" and (service, method, template(path)) not in WRITES:
        raise exceptions.InternalError
