# SPDX-License-Identifier: Apache-2.0
"""Refused token requests: errors that name the field or header to change.

The identity service reveals too little or too much: the same message for a wrong secret and a wrong
project, a 404 for an unknown credential, a whole schema for a missing field. The errors name parts
of the request itself, but never reveal which users, projects and credentials exist. This module has
those that depend on the request; those for a message are in ``errors/rules.yaml``.
"""

import json
from collections.abc import Collection
from typing import Any, Final

import orjson
import requests
from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters import errors
from kic_vm.exceptions import FieldErrorCode

LOG = logging.getLogger(__name__)

JSON = dict[str, Any]

_SERVICE: Final = "identity"
_IDENTITY: Final = "auth.identity"


def of_creation(response: requests.Response, body: bytes) -> exceptions.KicVmError:
    """The gateway's error for a refusal to issue a token.

    :param body: the body of the request; the error contains only its field names
    """
    _log(response)
    error = errors.from_rule(_SERVICE, response, errors.ISSUE_TOKEN)
    if error is not None:
        return error
    if response.status_code == 401 or _is_absence(response):  # of a credential
        return _refused(_read(body), _offered(response))
    return errors.from_response(_SERVICE, response)


def of_validation(response: requests.Response, headers: Collection[str]) -> exceptions.KicVmError:
    """The gateway's error for a refusal to validate a token.

    :param headers: the names of the request's headers
    """
    _log(response)
    if response.status_code == 401:
        return exceptions.Unauthorized(
            "X-Auth-Token: the token in this header is not valid (any more)."
            if "X-Auth-Token" in headers
            else "X-Auth-Token: a valid token is needed in this header."
        )
    is_absent = _is_absence(response)
    if (response.status_code == 403 or is_absent) and "X-Subject-Token" not in headers:
        return exceptions.InvalidField(
            "X-Subject-Token",
            "the token to validate is needed in this header.",
            FieldErrorCode.REQUIRED,
        )
    if is_absent:
        return exceptions.NotFound("X-Subject-Token: this token is not valid (any more).")
    return errors.from_response(_SERVICE, response)


def _is_absence(response: requests.Response) -> bool:
    """Whether Keystone itself says that something does not exist."""
    return response.status_code == 404 and bool(errors.message_of_absence(_SERVICE, response))


def _log(response: requests.Response) -> None:
    """Log the status, but not the message, which repeats credentials."""
    LOG.info("%s answered %d", _SERVICE, response.status_code)


def _refused(auth: JSON, offered: list[str]) -> exceptions.KicVmError:
    """The error for credentials that are refused without a reason to disclose."""
    identity = _object(auth, "identity")
    methods = identity.get("methods")
    if not isinstance(methods, list) or not methods:
        return exceptions.InvalidField(
            f"{_IDENTITY}.methods", "name one, such as password.", FieldErrorCode.REQUIRED
        )
    if offered:
        return exceptions.InvalidField(
            f"{_IDENTITY}.methods",
            f"must be of those that are offered: {', '.join(offered)}.",
            FieldErrorCode.NOT_ONE_OF,
        )
    credential = _object(identity, "application_credential")
    user = _object(_object(identity, "password"), "user")
    checks = []
    if "application_credential" in methods:
        if "secret" not in credential:
            return _missing(f"{_IDENTITY}.application_credential.secret")
        which = "id" if "id" in credential else "name, user"
        checks.append(f"{_IDENTITY}.application_credential ({which} and secret)")
    if "password" in methods:
        if "password" not in user:
            return _missing(f"{_IDENTITY}.password.user.password")
        which = "id" if "id" in user else "name, domain"
        checks.append(f"{_IDENTITY}.password.user ({which} and password)")
    if "token" in methods:
        checks.append(f"{_IDENTITY}.token.id (a token that is still valid)")
    if isinstance(auth.get("scope"), dict):
        checks.append("auth.scope (it must exist, and the user must have a role in it)")
    fields = ", and ".join(checks or [_IDENTITY])
    return exceptions.Unauthorized(f"The identity service refused the request: check {fields}.")


def _missing(field: str) -> exceptions.KicVmError:
    return exceptions.InvalidField(
        field, "Missing data for required field.", FieldErrorCode.REQUIRED
    )


def _offered(response: requests.Response) -> list[str]:
    """The methods that the identity service offers; empty if the answer does not list them."""
    try:
        body = orjson.loads(response.content)
        return [str(name) for name in body["error"]["identity"]["methods"]]
    except (ValueError, KeyError, TypeError):
        return []


def _read(body: bytes) -> JSON:
    """The object in ``auth``; empty if it cannot be read."""
    try:
        request = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return _object(request, "auth") if isinstance(request, dict) else {}


def _object(parent: JSON, name: str) -> JSON:
    value = parent.get(name)
    return value if isinstance(value, dict) else {}
