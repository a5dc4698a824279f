# SPDX-License-Identifier: Apache-2.0
"""Nothing reaches a view without a decision, and the start is refused where one is missing."""

import functools
from typing import Any

import flask
import pytest
from oslo_config import cfg
from oslo_policy import policy
from werkzeug.routing import Map, Rule

from kic_vm import app, deploy, policies
from kic_vm.context import DECISION_KEY, RECORD_KEY, RequestRecord
from kic_vm.middleware import routes
from tests.unit.conftest import Caller

ID = "e0e1760f-79d8-4fac-972d-2c98044d8678"


@functools.cache
def operations() -> list[tuple[str, str]]:
    """Method and path of every operation that has a rule."""
    rules = policies.guarding_rules()
    return [(item["method"], item["path"]) for rule in rules for item in rule.operations]


def filled(path: str) -> str:
    """A path template with an id in every place; those of users have no hyphens."""
    path = path.replace("{user_id}", ID.replace("-", ""))
    return "/".join(ID if part.startswith("{") else part for part in path.split("/"))


@pytest.fixture
def bare(conf: cfg.ConfigOpts) -> flask.Flask:
    """The Flask application alone, as if somebody had mounted it without the pipeline."""
    return app.create_app(deploy.load_app_state(conf))


def watched(application: flask.Flask) -> list[str]:
    """The endpoints whose views are called from now on."""
    called: list[str] = []

    def watch(endpoint: str, view: Any) -> Any:
        def wrapper(**arguments: Any) -> Any:
            called.append(endpoint)
            return view(**arguments)

        return wrapper

    for endpoint, view in application.view_functions.items():
        application.view_functions[endpoint] = watch(endpoint, view)
    return called


@pytest.mark.parametrize("decision", [None, "", "/healthcheck", "/api/v1/flavors/{id}", True])
def test_no_view_without_its_decision(bare: flask.Flask, decision: Any, lines: list[str]) -> None:
    """With no decision, or one for another path, each of all views answers 500 uncalled."""
    called = watched(bare)
    client = Caller(bare, None)
    tried = 0
    for method, path in operations():
        if path == decision:
            continue
        environ = {RECORD_KEY: RequestRecord("req-1"), DECISION_KEY: decision}
        response = client.request(method, filled(path), environ_overrides=environ)
        assert response.status_code == 500, (method, path)
        assert response.json["error"]["code"] == "internal_error"
        tried += 1
    assert called == []
    assert tried >= 25
    assert len([line for line in lines if "with a decision for" in line]) == tried


def test_view_with_its_decision(bare: flask.Flask) -> None:
    """The same views are called when the decision is for their path: the check above is real."""
    called = watched(bare)
    for method, path in operations():
        environ = {RECORD_KEY: RequestRecord("req-1"), DECISION_KEY: path}
        Caller(bare, None).request(method, filled(path), environ_overrides=environ)
    assert len(called) == len(operations())


def test_every_route_is_in_the_rules(bare: flask.Flask) -> None:
    """Rules and routes are the same operations."""
    covered = routes.cover(bare.url_map, policies.guarding_rules())
    assert sorted(covered) == sorted(operations())


def rule(name: str, *guarded: tuple[str, str]) -> policy.DocumentedRuleDefault:
    return policy.DocumentedRuleDefault(
        name, "role:x", "...", [{"method": method, "path": path} for method, path in guarded]
    )


MAP = Map([Rule("/things/<thing_id>", methods=["GET", "DELETE"], endpoint="things")])


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        (
            [rule("get", ("GET", "/things/{thing_id}"))],
            "routes without a rule: DELETE /things/{thing_id}",
        ),
        (
            [
                rule("get", ("GET", "/things/{thing_id}"), ("PUT", "/things/{thing_id}")),
                rule("delete", ("DELETE", "/things/{thing_id}")),
            ],
            "rules without a route: PUT /things/{thing_id}",
        ),
        (
            [
                rule("get", ("GET", "/things/{thing_id}")),
                rule("all", ("DELETE", "/things/{thing_id}"), ("GET", "/things/{thing_id}")),
            ],
            "GET /things/{thing_id} has two rules: get and all",
        ),
        ([rule("get", ("GET", "/things/{id}"))], "routes without a rule"),
    ],
)
def test_start_refused(rules: list[policy.DocumentedRuleDefault], sentence: str) -> None:
    """The refusal names the operation."""
    with pytest.raises(routes.RouteError, match=sentence.replace("{", r"\{")):
        routes.cover(MAP, rules)


def test_start_refused_by_the_whole_gateway(
    conf: cfg.ConfigOpts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rule that was taken away stops the start, not the first request."""
    kept = [one for one in policies.guarding_rules() if one.name != "kic_vm:instances:stop"]
    monkeypatch.setattr(policies, "guarding_rules", lambda: kept)
    with pytest.raises(Exception, match="stop"):
        deploy.load_app(conf)
