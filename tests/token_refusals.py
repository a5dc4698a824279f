# SPDX-License-Identifier: Apache-2.0
"""Wrong token requests, and what the caller must be told of each."""

import copy
from typing import Any, NamedTuple

JSON = dict[str, Any]


class Refusal(NamedTuple):
    """A wrong request for a token."""

    label: str
    body: JSON
    status: int
    """What the gateway answers."""
    words: tuple[str, ...]
    """What the message names."""
    told: int
    """What the identity service answers."""
    reason: str
    """The words in its answer that count."""


_ANONYMOUS = "The request you have made requires authentication."
_MALFORMED = ". The server could not comply with the request since it is either malformed or so."


def _with(body: JSON, *path: str, value: Any = None) -> JSON:
    """The body with another value in one place; without the place where there is none."""
    changed = copy.deepcopy(body)
    place = changed
    for key in path[:-1]:
        place = place.setdefault(key, {})
    if value is None:
        place.pop(path[-1], None)
    else:
        place[path[-1]] = value
    return changed


def refusals(credential: JSON, password: JSON) -> list[Refusal]:
    """Wrong requests.

    :param credential: a good request with an application credential
    :param password: a good request with a password, for a project by name
    """
    own = ("auth", "identity", "application_credential")
    user = ("auth", "identity", "password", "user")
    scope = ("auth", "scope", "project")
    nobody = ("application_credential", "id", "secret")
    person = ("password.user", "name, domain", "auth.scope", "role")
    return [
        Refusal(
            "credential with a scope",
            _with(credential, *scope, "id", value="0" * 32),
            400,
            ("auth.scope", "leave this out"),
            401,
            "Error authenticating with application credential: Application credentials cannot "
            "request a scope.",
        ),
        Refusal(
            "unknown credential",
            _with(credential, *own, "id", value="0" * 32),
            401,
            nobody,
            404,
            f"Could not find Application Credential: {'0' * 32}.",
        ),
        Refusal(
            "wrong secret",
            _with(credential, *own, "secret", value="wrong"),
            401,
            nobody,
            401,
            _ANONYMOUS,
        ),
        Refusal(
            "no secret",
            _with(credential, *own, "secret"),
            400,
            ("application_credential.secret",),
            401,
            _ANONYMOUS,
        ),
        Refusal(
            "no id",
            _with(credential, *own, "id"),
            400,
            ("application_credential", "name, secret and user"),
            400,
            f"Expecting to find name or ID in application credential{_MALFORMED}",
        ),
        Refusal(
            "no object of the method",
            _with(credential, *own),
            400,
            ("auth.identity.application_credential",),
            400,
            f"Expecting to find application_credential in identity{_MALFORMED}",
        ),
        Refusal(
            "no methods",
            _with(credential, "auth", "identity", "methods"),
            400,
            ("auth.identity.methods",),
            400,
            "Invalid input for field 'identity': 'methods' is a required property\n\nFailed",
        ),
        Refusal(
            "empty methods",
            _with(credential, "auth", "identity", "methods", value=[]),
            400,
            ("auth.identity.methods",),
            401,
            _ANONYMOUS,
        ),
        Refusal(
            "methods as a text",
            _with(credential, "auth", "identity", "methods", value="password"),
            400,
            ("auth.identity.methods", "array"),
            400,
            "Invalid input for field 'identity/methods': 'password' is not of type 'array'\n\nFail",
        ),
        Refusal(
            "no auth",
            {},
            400,
            ("auth: ",),
            400,
            f"Expecting to find auth in request body{_MALFORMED}",
        ),
        Refusal(
            "no identity",
            {"auth": {"scope": {}}},
            400,
            ("auth.identity",),
            400,
            "'identity' is a required property\n\nFailed validating",
        ),
        Refusal(
            "wrong password",
            _with(password, *user, "password", value="x"),
            401,
            person,
            401,
            _ANONYMOUS,
        ),
        Refusal(
            "unknown user", _with(password, *user, "name", value="x"), 401, person, 401, _ANONYMOUS
        ),
        Refusal(
            "unknown project",
            _with(password, *scope, "name", value="x"),
            401,
            person,
            401,
            _ANONYMOUS,
        ),
        Refusal(
            "unknown domain",
            _with(password, *user, "domain", "name", value="x"),
            401,
            person,
            401,
            _ANONYMOUS,
        ),
        Refusal(
            "no password",
            _with(password, *user, "password"),
            400,
            ("auth.identity.password.user.password",),
            401,
            _ANONYMOUS,
        ),
        Refusal(
            "user without a domain",
            _with(password, *user, "domain"),
            400,
            ("user.domain",),
            400,
            f"Expecting to find domain in user{_MALFORMED}",
        ),
        Refusal(
            "project without a domain",
            _with(password, *scope, "domain"),
            400,
            ("auth.scope.project.domain",),
            400,
            f"Expecting to find domain in project{_MALFORMED}",
        ),
        Refusal(
            "user without a name",
            _with(password, *user, "name"),
            400,
            ("auth.identity.password.user", "name"),
            400,
            "Invalid input for field identity/password/user: id or name must be present.",
        ),
        Refusal(
            "password as a number",
            _with(password, *user, "password", value=5),
            400,
            ("auth.identity.password.user.password", "string"),
            400,
            "Invalid input for field 'identity/password/user/password': 5 is not of type 'string'",
        ),
        Refusal(
            "empty scope",
            _with(password, "auth", "scope", value={}),
            400,
            ("auth.scope",),
            400,
            "Expecting to find system, project, domain, OS-TRUST:trust or unscoped in scope"
            + _MALFORMED,
        ),
    ]


# What no answer may have in it: names of products, and how the service is built.
INTERNALS = ("eystone", "Fernet", "jsonschema", "schema", "Nova")
