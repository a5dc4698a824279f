"""Refused token requests: errors that name the field or header to change.

The identity service reveals too little or too much: the same message for a wrong secret and a wrong
project, a 404 for an unknown credential, a whole schema for a missing field. The errors here name
parts of the request itself, but never reveal which users, projects and credentials exist.
"""

import json
import re
from collections.abc import Collection
from typing import Any, Final, NamedTuple

import requests
from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters import errors

LOG = logging.getLogger(__name__)

JSON = dict[str, Any]

_SERVICE: Final = "identity"
_IDENTITY: Final = "auth.identity"


class _Rule(NamedTuple):
    """In the sentence, ``{1}``, ``{2}``, ... are the pattern's groups, with paths dotted."""

    status: int
    pattern: re.Pattern[str]
    error: type[exceptions.KicVmError]
    sentence: str


_RULES: Final = tuple(
    _Rule(status, re.compile(pattern), error, sentence)
    for status, pattern, error, sentence in (
        (
            400,
            "find application/json in Content-Type",
            exceptions.UnsupportedMediaType,
            "Content-Type: the body must be JSON: send application/json in this header.",
        ),
        (
            400,
            "find valid JSON in request body",
            exceptions.InvalidRequest,
            "The body is not a valid JSON object.",
        ),
        (
            400,
            "find auth in request body",
            exceptions.InvalidRequest,
            "auth: Missing data for required field.",
        ),
        (
            400,
            "find domain in project",
            exceptions.InvalidRequest,
            "auth.scope.project.domain: a project's name needs its domain: give its id or name.",
        ),
        (
            400,
            "find domain in user",
            exceptions.InvalidRequest,
            f"{_IDENTITY}: user.domain: a user's name needs its domain: give its id or name.",
        ),
        (
            400,
            "find (name or ID|user) in application credential",
            exceptions.InvalidRequest,
            f"{_IDENTITY}.application_credential: give id and secret, or name, secret and user.",
        ),
        (
            400,
            r"find (\w+) in identity",
            exceptions.InvalidRequest,
            f"{_IDENTITY}.{{1}}: Missing data for required field: it is one of methods.",
        ),
        (
            400,
            "in scope",
            exceptions.InvalidRequest,
            "auth.scope: must have exactly one of project, domain, system and OS-TRUST:trust.",
        ),
        (
            400,
            r"field '?([\w/-]+)'?: '([\w-]+)' is a required property",
            exceptions.InvalidRequest,
            "auth.{1}.{2}: Missing data for required field.",
        ),
        (
            400,
            r"^\W*'([\w-]+)' is a required property",
            exceptions.InvalidRequest,
            "auth.{1}: Missing data for required field.",
        ),
        (
            400,
            r"field '?([\w/:-]+)'?: id or name must be present",
            exceptions.InvalidRequest,
            "auth.{1}: give its id or its name.",
        ),
        (
            400,
            r"field '?([\w/:-]+)'?: .* is not of type '(\w+)'",
            exceptions.InvalidRequest,
            "auth.{1}: must be of type {2}.",
        ),
        (
            400,
            r"field '?([\w/:-]+)'?: ",
            exceptions.InvalidRequest,
            "auth.{1}: the value is not valid.",
        ),
        (
            400,
            "",
            exceptions.InvalidRequest,
            "auth: the identity service does not take these fields: see its API's version 3.",
        ),
        (
            401,
            "cannot request a scope",
            exceptions.InvalidRequest,
            "auth.scope: an application credential is for one project already: leave this out.",
        ),
        (
            401,
            "[Pp]assword is expired",
            exceptions.Unauthorized,
            f"{_IDENTITY}.password: the password has expired: change it.",
        ),
        (
            403,
            "delegated token|rescope",
            exceptions.Forbidden,
            f"{_IDENTITY}.token: this token cannot be exchanged: send the credential itself.",
        ),
    )
)


def of_creation(response: requests.Response, body: bytes) -> exceptions.KicVmError:
    """The gateway's error for a refusal to issue a token.

    :param body: the body of the request; the error contains only its field names
    """
    message = _logged_message(response)
    for rule in _RULES:
        match = rule.pattern.search(message) if rule.status == response.status_code else None
        if match:
            groups = (group.replace("/", ".") for group in match.groups())
            return rule.error(rule.sentence.format("", *groups))
    if response.status_code in {401, 404}:  # 404 for a credential that does not exist
        return _refused(_read(body), _offered(response))
    return errors.from_response(_SERVICE, response)


def of_validation(response: requests.Response, headers: Collection[str]) -> exceptions.KicVmError:
    """The gateway's error for a refusal to validate a token.

    :param headers: the names of the request's headers
    """
    _logged_message(response)
    if response.status_code == 401:
        return exceptions.Unauthorized(
            "X-Auth-Token: the token in this header is not valid (any more)."
            if "X-Auth-Token" in headers
            else "X-Auth-Token: a valid token is needed in this header."
        )
    if response.status_code in {403, 404} and "X-Subject-Token" not in headers:
        return exceptions.InvalidRequest(
            "X-Subject-Token: the token to validate is needed in this header."
        )
    if response.status_code == 404:
        return exceptions.NotFound("X-Subject-Token: this token is not valid (any more).")
    return errors.from_response(_SERVICE, response)


def _logged_message(response: requests.Response) -> str:
    """The service's message; only the status is logged, as the message repeats credentials."""
    LOG.info("%s answered %d", _SERVICE, response.status_code)
    return errors.message_of(response)


def _refused(auth: JSON, offered: list[str]) -> exceptions.KicVmError:
    """The error for credentials that are refused without a reason to disclose."""
    identity = _object(auth, "identity")
    methods = identity.get("methods")
    if not isinstance(methods, list) or not methods:
        return exceptions.InvalidRequest(f"{_IDENTITY}.methods: name one, such as password.")
    if offered:
        return exceptions.InvalidRequest(
            f"{_IDENTITY}.methods: must be of those that are offered: {', '.join(offered)}."
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
    return exceptions.InvalidRequest(f"{field}: Missing data for required field.")


def _offered(response: requests.Response) -> list[str]:
    """The methods that the identity service offers; empty if the answer does not list them."""
    try:
        return [str(name) for name in response.json()["error"]["identity"]["methods"]]
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
