# SPDX-License-Identifier: Apache-2.0
"""The operation of a request, and the rule that guards it.

The routes come from Flask and the rules are data. This module matches them, and the start fails
when a route has no rule or a rule has no route.
"""

import dataclasses
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from oslo_policy import policy
from werkzeug import exceptions as http_exceptions
from werkzeug.routing import Map, MapAdapter, Rule

from kic_vm import exceptions
from kic_vm.context import RECORD_KEY
from kic_vm.data_files import StartError
from kic_vm.policies import base

ENVIRON_KEY = "kic_vm.operation"
MATCH_KEY = "kic_vm.match"
PATH_KEY = "kic_vm.path"
_ARGUMENT = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
_AUTOMATIC = {"HEAD", "OPTIONS"}


class RouteError(StartError):
    """The routes and the rules do not cover each other."""


@dataclasses.dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path, with its rule."""

    method: str
    path: str
    rule: str
    is_public: bool
    shown_by: str | None = None
    """The path of the GET that shows what this operation changes."""


def template(flask_rule: str) -> str:
    """A Flask rule in the notation of policy rules and OpenAPI: ``/flavors/{flavor_id}``."""
    return _ARGUMENT.sub(r"{\1}", flask_rule)


def cover(
    url_map: Map, rules: Iterable[policy.DocumentedRuleDefault]
) -> dict[tuple[str, str], Operation]:
    """Every operation of the application by method and path.

    :raises RouteError: a route has no rule, a rule has no route, or an operation has two rules
    """
    operations: dict[tuple[str, str], Operation] = {}
    rules = list(rules)
    readable = {
        guarded["path"]
        for rule in rules
        for guarded in rule.operations
        if guarded["method"] == "GET"
    }
    for rule in rules:
        for guarded in rule.operations:
            key = (guarded["method"], guarded["path"])
            if key in operations:
                raise RouteError(
                    f"{key[0]} {key[1]} has two rules: {operations[key].rule} and {rule.name}"
                )
            is_public = rule.check_str == base.PUBLIC
            operations[key] = Operation(*key, rule.name, is_public, _shown_by(*key, readable))
    routes = {
        (method, template(route.rule))
        for route in url_map.iter_rules()
        for method in (route.methods or set()) - _AUTOMATIC
    }
    for kind, missing in (
        ("routes without a rule", routes - operations.keys()),
        ("rules without a route", operations.keys() - routes),
    ):
        if missing:
            listed = ", ".join(sorted(f"{method} {path}" for method, path in missing))
            raise RouteError(f"There are {kind}: {listed}")
    return operations


def _shown_by(method: str, path: str, readable: Collection[str]) -> str | None:
    """The nearest readable parent path: that of the resource itself, or of its list."""
    if method == "GET":
        return None
    while path not in readable and path:
        path = path.rpartition("/")[0]
    return path or None


class Match(MapAdapter):
    """The route of one request, matched only once.

    :raises werkzeug.exceptions.HTTPException: no route matches
    :raises UnicodeDecodeError: the path is not UTF-8
    """

    def __init__(self, url_map: Map, environ: WSGIEnvironment) -> None:
        path = environ["PATH_INFO"].encode("latin-1").decode()
        scheme, method = environ["wsgi.url_scheme"], environ["REQUEST_METHOD"]
        # The routes are the same for all hosts, and none of them redirects.
        super().__init__(url_map, "", "/", "", scheme, path, method)
        self._match = super().match(return_rule=True)

    def match(self, *_args: Any, **_kwargs: Any) -> tuple[Rule, Mapping[str, Any]]:
        """The route and its arguments from the path."""
        return self._match


class Routing:
    """Find the operation of a request, before the other layers decide about it.

    ``environ[ENVIRON_KEY]`` is the Operation, or the error for a wrong path or method.
    ``environ[MATCH_KEY]`` is set with the operation, so that Flask does not match again.
    ``environ[PATH_KEY]`` is the operation's path with the request's arguments, in WSGI's notation,
    without a prefix and without a trailing slash; it is ``/`` when there is no operation. Every
    decision by path uses this path.
    """

    def __init__(
        self,
        application: WSGIApplication,
        url_map: Map,
        operations: dict[tuple[str, str], Operation],
    ) -> None:
        self._application = application
        self._url_map = url_map
        self._operations = operations

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """See PEP 3333."""
        operation = self._find(environ)
        environ[ENVIRON_KEY] = operation
        environ[PATH_KEY] = "/"
        if isinstance(operation, Operation):
            record = environ[RECORD_KEY]
            record.route = operation.path
            record.shown_by = operation.shown_by and f"GET {operation.shown_by}"
            _route, arguments = environ[MATCH_KEY].match()
            environ[PATH_KEY] = operation.path.format(**arguments).encode().decode("latin-1")
        return self._application(environ, start_response)

    def _find(self, environ: WSGIEnvironment) -> Operation | exceptions.KicVmError:
        try:
            match = Match(self._url_map, environ)
        except http_exceptions.MethodNotAllowed as error:
            return exceptions.MethodNotAllowed(allow=sorted(error.valid_methods or ()))
        except (http_exceptions.HTTPException, UnicodeDecodeError):
            return exceptions.NoSuchPath()
        environ[MATCH_KEY] = match
        route, _arguments = match.match()
        method = environ["REQUEST_METHOD"]
        key = ("GET" if method == "HEAD" else method, template(route.rule))
        return self._operations.get(key) or exceptions.MethodNotAllowed()
