"""Keystone: tokens, passed through as they are, and who has a role where."""

from collections import defaultdict

import requests
from keystoneauth1 import exceptions as ksa_exceptions
from werkzeug.datastructures import Headers

from kic_vm.adapters import errors
from kic_vm.adapters.connection import JSON, Cloud, Service, path

SERVICE = "identity"
_REQUEST_HEADERS = (
    "Accept",
    "Content-Type",
    "OpenStack-Identity-Access-Rules",
    "X-Auth-Token",
    "X-Subject-Token",
)


class Identity(Service):
    """The identity service in the name of one caller, for cloud admins."""

    def get_project(self, project_id: str) -> JSON:
        """One project."""
        project: JSON = self.json("GET", path("projects", project_id))["project"]
        return project

    def list_project_user_ids(self, project_id: str) -> list[str]:
        """Who has a role in a project, by groups and inheritance too; sorted."""
        return sorted(self._users_by_project(**{"scope.project.id": project_id})[project_id])

    def list_user_ids_by_project(self) -> dict[str, set[str]]:
        """Who has a role in which project."""
        return dict(self._users_by_project())

    def _users_by_project(self, **query: str) -> defaultdict[str, set[str]]:
        body = self.json("GET", path("role_assignments", effective="", **query))
        found: defaultdict[str, set[str]] = defaultdict(set)
        for assignment in body["role_assignments"]:
            project = assignment["scope"].get("project")
            if project and "user" in assignment:
                found[project["id"]].add(assignment["user"]["id"])
        return found


def forward_tokens(
    cloud: Cloud, method: str, headers: Headers, query: str, body: bytes, request_id: str
) -> requests.Response:
    """Keystone's own answer to a token request that comes from outside.

    Only the headers that concern tokens are passed on, and nothing of the gateway's identity.

    :raises KicVmError: Keystone refused or failed
    """
    sent = {name: headers[name] for name in _REQUEST_HEADERS if name in headers}
    sent["X-Openstack-Request-Id"] = request_id
    try:
        response = cloud.session.request(
            f"{cloud.identity_url}/auth/tokens" + (f"?{query}" if query else ""),
            method,
            data=body or None,
            headers=sent,
            authenticated=False,
            raise_exc=False,
            log=False,
        )
    except ksa_exceptions.ClientException as error:
        raise errors.from_exception(SERVICE, error) from error
    if response.status_code >= 400:
        raise errors.from_response(SERVICE, response)
    return response
