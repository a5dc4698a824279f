# SPDX-License-Identifier: Apache-2.0
"""The Flask application: blueprints, the error handler, and two checks before any view."""

import functools
import re
from typing import Any, Final

import flask
from oslo_config import cfg
from oslo_log import log as logging
from werkzeug.routing import Map, MapAdapter

from kic_vm import exceptions, policies
from kic_vm.api import (
    blueprint,
    conditional_reads,
    docs_page,
    documents,
    errors,
    health,
    openapi,
    openapi_completion,
    tokens,
)
from kic_vm.api.json_provider import JsonProvider
from kic_vm.api.v1 import (
    client_configuration,
    events,
    flavors,
    history,
    images,
    instance_actions,
    instance_logs,
    instance_network_interfaces,
    instance_passwords,
    instance_public_ips,
    instance_security_groups,
    instance_volumes,
    instances,
    keypairs,
    network_interfaces,
    project_members,
    public_ips,
    quotas,
    route_tables,
    security_groups,
    snapshots,
    subnets,
    volumes,
    vpcs,
)
from kic_vm.context import DECISION_KEY
from kic_vm.i18n.languages import Language
from kic_vm.lifecycle.table import LifecycleTables
from kic_vm.middleware import routes
from kic_vm.operations.checks.readiness import Readiness
from kic_vm.operations.request import AppState

LOG = logging.getLogger(__name__)

_BLUEPRINTS: Final = (
    health.blueprint,
    documents.blueprint,
    tokens.blueprint,
    client_configuration.blueprint,
    flavors.blueprint,
    images.blueprint,
    instances.blueprint,
    instance_actions.blueprint,
    instance_logs.blueprint,
    instance_network_interfaces.blueprint,
    instance_passwords.blueprint,
    instance_public_ips.blueprint,
    instance_security_groups.blueprint,
    instance_volumes.blueprint,
    history.blueprint,
    keypairs.blueprint,
    security_groups.blueprint,
    public_ips.blueprint,
    volumes.blueprint,
    snapshots.blueprint,
    quotas.blueprint,
    events.blueprint,
    project_members.blueprint,
    network_interfaces.blueprint,
    route_tables.blueprint,
    subnets.blueprint,
    vpcs.blueprint,
)
_UUID: Final = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", re.IGNORECASE)

_USER_ID: Final = re.compile(r"[0-9a-f]{32}([0-9a-f]{32})?")  # 64 digits for users from LDAP


class Application(flask.Flask):
    """A Flask application that uses the route that the pipeline has already matched."""

    def create_url_adapter(self, request: flask.Request | None) -> MapAdapter | None:
        """See flask.Flask."""
        known: routes.Match | None = request.environ.get(routes.MATCH_KEY) if request else None
        return known or super().create_url_adapter(request)


def create_app(app_state: AppState) -> flask.Flask:
    """Create the application below the pipeline; without the pipeline it refuses all requests."""
    app = Application("kic_vm", static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.json = JsonProvider(app)
    app.json.sort_keys = False
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.extensions[blueprint.EXTENSION] = app_state
    app.extensions[health.EXTENSION] = Readiness(app_state)
    for one in (*_BLUEPRINTS, docs_page.blueprint):
        app.register_blueprint(one)
    # Made when a client first asks for a language: the start does not wait for it.
    app.extensions[documents.EXTENSION] = functools.cache(
        functools.partial(_document, app_state.translation.lifecycle, app_state.conf)
    )
    app.register_error_handler(Exception, errors.render)
    app.before_request(_was_decided)
    app.before_request(_has_possible_ids)
    app.after_request(conditional_reads.apply)
    return app


def _document(
    lifecycle: LifecycleTables, conf: cfg.ConfigOpts, language: Language
) -> dict[str, Any]:
    """The OpenAPI document in a language.

    flask-smorest describes the blueprints while it registers them, so it gets an application of
    its own: this takes as long as everything else at the start of a process.
    """
    app = flask.Flask("kic_vm", static_folder=None)
    app.config.update(openapi.CONFIGURATION, PROVIDE_AUTOMATIC_OPTIONS=False)
    api = openapi.Api(app)
    for one in _BLUEPRINTS:
        api.register_blueprint(one)
    document = openapi.document(api, policies.guarding_rules())
    openapi_completion.complete(document, _views(app.url_map), lifecycle, conf)
    return openapi_completion.described(document, language)


def _views(url_map: Map) -> dict[tuple[str, str], str]:
    """Method and path -> the endpoint of the view."""
    return {
        (method, routes.template(route.rule)): route.endpoint
        for route in url_map.iter_rules()
        for method in route.methods or ()
    }


def _was_decided() -> None:
    """Check that RBAC has decided on this request, before any view runs.

    :raises InternalError: the request bypassed RBAC, or goes to another view than RBAC allowed
    """
    rule = flask.request.url_rule
    if rule is None:
        raise exceptions.NoSuchPath
    decided = flask.request.environ.get(DECISION_KEY)
    if decided != routes.template(rule.rule):
        LOG.error("A request reached %s with a decision for %s", rule.rule, decided)
        raise exceptions.InternalError


def _has_possible_ids() -> None:
    """Refuse malformed ids before they become part of an upstream path.

    :raises NotFound: an id is malformed
    """
    for name, value in (flask.request.view_args or {}).items():
        possible = _USER_ID if name == "user_id" else _UUID
        if name.endswith("_id") and not possible.fullmatch(value):
            raise exceptions.NotFound
