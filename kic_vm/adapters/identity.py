# SPDX-License-Identifier: Apache-2.0
"""Keystone: tokens, which are passed through unchanged, and role assignments."""

import contextlib
from functools import partial

import orjson
import requests
from keystoneauth1 import exceptions as ksa_exceptions
from oslo_log import log as logging
from werkzeug.datastructures import Headers

from kic_vm.adapters import absence, errors, token_documents, token_errors
from kic_vm.adapters.cloud import Cloud
from kic_vm.adapters.http.current_call import calling
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.adapters.paging import Item
from kic_vm.adapters.paths import path
from kic_vm.adapters.service import Service
from kic_vm.exceptions import NotFound, UpstreamError
from kic_vm.metrics import gateway as metrics
from kic_vm.resources.identity import Project, Role, RoleAssignment, User

LOG = logging.getLogger(__name__)

SERVICE = "identity"
_REQUEST_HEADERS = (
    "Accept",
    "Content-Type",
    "OpenStack-Identity-Access-Rules",
    "X-Auth-Token",
    "X-Subject-Token",
)


class Identity(Service):
    """The identity service, called on behalf of one caller, for cloud admins."""

    def get_project(self, project_id: str) -> Project:
        """One project."""
        project: Project = self.json("GET", path("projects", project_id))["project"]
        return project

    def list_assignments(self, project_id: str, *, effective: bool) -> list[RoleAssignment]:
        """The role assignments in a project, with names.

        :param effective: expand groups, inheritance and implied roles into assignments of users
        """
        flags = {"include_names": "true"} | ({"effective": ""} if effective else {})
        return self._list_whole("role_assignments", **{"scope.project.id": project_id}, **flags)

    def list_role_ids(self) -> dict[str, str]:
        """The ids of the cloud's global roles by name."""
        roles: list[Role] = self._list_whole("roles")
        return {role["name"]: role["id"] for role in roles}

    def get_user(self, user_id: str) -> User:
        """One user of any domain."""
        user: User = self.json("GET", path("users", user_id))["user"]
        return user

    def find_user(self, user_id: str) -> User | None:
        """One user of any domain; None if Keystone has no user with this id.

        :raises KicVmError: Keystone fails, or a 404 is not Keystone's own answer about this user
        """
        user: User | None = absence.find(self, path("users", user_id), "user", user_id)
        return user

    def list_users(self, name: str, domain_id: str) -> list[User]:
        """The users with exactly this name in a domain: one or none."""
        return self._list_whole("users", name=name, domain_id=domain_id)

    def grant(self, project_id: str, user_id: str, role_id: str) -> None:
        """Assign a role in a project to a user; an existing assignment stays."""
        self.request("PUT", path("projects", project_id, "users", user_id, "roles", role_id))

    def revoke(self, project_id: str, user_id: str, role_id: str) -> None:
        """Remove a user's role in a project; a missing assignment is ignored."""
        with contextlib.suppress(NotFound):
            self.request("DELETE", path("projects", project_id, "users", user_id, "roles", role_id))

    def list_roles_in_project(self, project_id: str) -> dict[str, set[str]]:
        """The names of the effective roles in a project by user id. 2 calls side by side.

        This includes roles from groups, inheritance and implied roles.
        """
        return self._roles_by_project(**{"scope.project.id": project_id}).get(project_id, {})

    def list_roles_by_project(self) -> dict[str, dict[str, set[str]]]:
        """The same for all projects, by project id, then user id. 2 calls side by side."""
        return self._roles_by_project()

    def _roles_by_project(self, **query: str) -> dict[str, dict[str, set[str]]]:
        assignments, ids = gather_reads(
            partial(self._list_whole, "role_assignments", effective="", **query),
            self.list_role_ids,
        )
        names = {role_id: name for name, role_id in ids.items()}
        found: dict[str, dict[str, set[str]]] = {}
        for assignment in assignments:
            project = assignment["scope"].get("project")
            if project:  # effective assignments always have a user
                users = found.setdefault(project["id"], {})
                roles = users.setdefault(assignment["user"]["id"], set())
                # The list lacks domain-specific roles, and tokens never have them.
                if assignment["role"]["id"] in names:
                    roles.add(names[assignment["role"]["id"]])
        return found

    def _list_whole(self, collection: str, **query: str) -> list[Item]:
        """A complete list: one that Keystone's ``list_limit`` has not truncated."""
        body = self.json("GET", path(collection, **query))
        if body.get("truncated"):
            LOG.error("Keystone has cut off the list of %s: raise its list_limit", collection)
            raise UpstreamError(SERVICE)
        found: list[Item] = body[collection]
        return found

    def list_roles_of_token(self, token: str) -> set[str]:
        """The names of the roles that a token has now; none if the token is not valid.

        Keystone computes them for each request, so removed roles are not included.
        """
        headers = {"X-Subject-Token": token, "OpenStack-Identity-Access-Rules": "1.0"}
        try:
            body = self.json("GET", "/auth/tokens?nocatalog", headers=headers)
        except NotFound:
            return set()
        return {role["name"] for role in body["token"].get("roles", [])}


def forward_tokens(
    cloud: Cloud, method: str, headers: Headers, query: str, body: bytes, request_id: str
) -> requests.Response:
    """Keystone's answer to a token request from a client.

    Only headers for tokens are passed on, and nothing of the gateway's identity.

    :raises KicVmError: Keystone refused or failed
    """
    sent = {name: headers[name] for name in _REQUEST_HEADERS if name in headers}
    sent["X-Openstack-Request-Id"] = request_id
    try:
        with calling(SERVICE), metrics.UpstreamCall(SERVICE, method, "/auth/tokens") as call:
            response = cloud.session.request(
                f"{cloud.identity_url}/auth/tokens" + (f"?{query}" if query else ""),
                method,
                data=body or None,
                headers=sent,
                authenticated=False,
                raise_exc=False,
                log=False,
            )
            call.status = response.status_code
    except ksa_exceptions.ClientException as error:
        raise errors.from_exception(SERVICE, error) from error
    if response.status_code >= 400:
        if method == "POST":
            raise token_errors.of_creation(response, body)
        raise token_errors.of_validation(response, sent)
    if not _is_about_token(method, response):
        raise errors.not_understood(SERVICE)
    return response


def _is_about_token(method: str, response: requests.Response) -> bool:
    """Whether an answer has the form of a token's issue or validation."""
    is_issue = method == "POST"
    if response.status_code != (201 if is_issue else 200):
        return False
    if is_issue and not token_documents.is_id(response.headers.get("X-Subject-Token")):
        return False
    try:
        return token_documents.is_token(orjson.loads(response.content))
    except orjson.JSONDecodeError:
        return False
