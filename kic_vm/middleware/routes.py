"""Which operation a request is for, and which rule guards it.

The routes are Flask's own and the rules are data; here they are laid over each other, and the
start fails where one is without the other.
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
from kic_vm.policies import base

ENVIRON_KEY = "kic_vm.operation"
MATCH_KEY = "kic_vm.match"
PATH_KEY = "kic_vm.path"
_ARGUMENT = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
_AUTOMATIC = {"HEAD", "OPTIONS"}


class RouteError(RuntimeError):
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
    """A Flask rule as rules and OpenAPI write it: ``/flavors/<flavor_id>`` with braces."""
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
    for what, missing in (
        ("routes without a rule", routes - operations.keys()),
        ("rules without a route", operations.keys() - routes),
    ):
        if missing:
            listed = ", ".join(sorted(f"{method} {path}" for method, path in missing))
            raise RouteError(f"There are {what}: {listed}")
    return operations


def _shown_by(method: str, path: str, readable: Collection[str]) -> str | None:
    """The nearest path above that can be read: of the resource itself, or of its list."""
    if method == "GET":
        return None
    while path not in readable and path:
        path = path.rpartition("/")[0]
    return path or None


class Match(MapAdapter):
    """The route of one request, found once and for all.

    :raises werkzeug.exceptions.HTTPException: there is none
    :raises UnicodeDecodeError: the path is not UTF-8
    """

    def __init__(self, url_map: Map, environ: WSGIEnvironment) -> None:
        path = environ["PATH_INFO"].encode("latin-1").decode()
        scheme, method = environ["wsgi.url_scheme"], environ["REQUEST_METHOD"]
        # Routes are the same for all hosts, and none is an address to be sent elsewhere from.
        super().__init__(url_map, "", "/", "", scheme, path, method)
        self._found = super().match(return_rule=True)

    def match(self, *_args: Any, **_kwargs: Any) -> tuple[Rule, Mapping[str, Any]]:
        """The route and what stands in the path for its arguments."""
        return self._found


class Routing:
    """Find the operation that the request is for, before anything is decided about it.

    ``environ[ENVIRON_KEY]`` is the Operation, or the error that the path or method is;
    ``environ[MATCH_KEY]`` is there with the operation, so that Flask need not look again.
    ``environ[PATH_KEY]`` is the operation's path with the request's arguments in it, as WSGI
    writes a path: without a prefix, and without a slash at its end. It is ``/`` where there is no
    operation. Whatever decides by the path decides by this one.
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
        found = self._find(environ)
        environ[ENVIRON_KEY] = found
        environ[PATH_KEY] = "/"
        if isinstance(found, Operation):
            record = environ[RECORD_KEY]
            record.route = found.path
            record.shown_by = found.shown_by and f"GET {found.shown_by}"
            _route, arguments = environ[MATCH_KEY].match()
            environ[PATH_KEY] = found.path.format(**arguments).encode().decode("latin-1")
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
