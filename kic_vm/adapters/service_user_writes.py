"""What the gateway's own user may change in OpenStack: these calls, and no others.

Each of them has a row in the documentation (service-user) that says by which fresh reason the
gateway uses rights that the caller does not have.
"""

from typing import Final

from kic_vm import exceptions
from kic_vm.metrics.gateway import template

# Service type, method, path with ``{id}`` for ids and names.
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
    """Return if the gateway's own user may send this.

    :raises InternalError: it is a change that is not declared here
    """
    if method != "GET" and (service, method, template(path)) not in WRITES:
        raise exceptions.InternalError
