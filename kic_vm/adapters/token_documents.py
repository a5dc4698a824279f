# SPDX-License-Identifier: Apache-2.0
"""Whether Keystone's answer about a token is the document that its API describes."""

from typing import Any, Final

from keystoneauth1.access import AccessInfo
from keystoneauth1.access.access import AccessInfoV3

_UNREADABLE: Final = (LookupError, TypeError, ValueError, AttributeError)


def is_token(body: Any) -> bool:
    """Whether a JSON document describes a token, with all the fields that the gateway reads."""
    if not isinstance(body, dict) or not isinstance(body.get("token"), dict):
        return False
    return is_whole(AccessInfoV3(body))


def is_whole(access: AccessInfo) -> bool:
    """Whether a token has its user, expiry, roles and catalog, in the right types."""
    try:
        catalog: Any = access.service_catalog.catalog
        return (
            access.expires is not None
            and _is_text(access.user_id)
            and (access.project_id is None or _is_text(access.project_id))
            and all(_is_text(role) for role in access.role_names or ())
            and (catalog == {} or isinstance(catalog, list))
            and all(isinstance(service["endpoints"], list) for service in catalog)
        )
    except _UNREADABLE:
        return False


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)
