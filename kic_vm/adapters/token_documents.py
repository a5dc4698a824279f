# SPDX-License-Identifier: Apache-2.0
"""Whether Keystone's answer about a token is the document that its API describes."""

from typing import Any, Final

from keystoneauth1.access import AccessInfo
from keystoneauth1.access.access import AccessInfoV3

_UNREADABLE: Final = (LookupError, TypeError, ValueError, AttributeError)


def is_id(token: str | None) -> bool:
    """Whether a text can be the id of a token, which is sent in headers."""
    return bool(token) and all("!" <= character <= "~" for character in str(token))


def is_token(body: Any) -> bool:
    """Whether a JSON document describes a token, with all the fields that the gateway reads."""
    if not isinstance(body, dict) or not isinstance(body.get("token"), dict):
        return False
    return is_whole(AccessInfoV3(body))


def is_whole(access: AccessInfo) -> bool:
    """Whether a token has its user, expiry, roles and catalog, in the right types.

    keystonemiddleware and keystoneauth read all of them, and fail for others.
    """
    try:
        catalog: Any = access.service_catalog.catalog
        names = [access.user_domain_id, access.user_domain_name, access.username]
        if access.project_id is not None:
            names += [access.project_domain_id, access.project_domain_name, access.project_name]
        return (
            access.expires is not None
            and _is_text(access.user_id)
            and (access.project_id is None or _is_text(access.project_id))
            and all(map(_is_text, names))
            and all(_is_text(role) for role in access.role_names or ())
            and (catalog == {} or isinstance(catalog, list))
            and all(_is_service(service) for service in catalog)
        )
    except _UNREADABLE:
        return False


def _is_service(service: Any) -> bool:
    """Whether a part of a catalog describes a service and its endpoints."""
    return _is_text(service["type"]) and all(
        _is_text(endpoint["url"])
        and _is_text(endpoint["interface"])
        and isinstance(endpoint.get("region"), str | None)
        and isinstance(endpoint.get("region_id"), str | None)
        for endpoint in service["endpoints"]
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)
