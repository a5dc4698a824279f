# SPDX-License-Identifier: Apache-2.0
"""Domains, projects, users and roles."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from ..deployment import Deployment
from ..rest import ApiError, Session

DOMAIN = "demo"
PROJECTS = ("demo", "other")
ROLES = ("admin", "manager", "member", "reader", "service")


@dataclass(frozen=True)
class Person:
    """A user that somebody may take the place of."""

    name: str
    project: str
    roles: tuple[str, ...]
    in_default_domain: bool = False

    def domain(self, domain: str) -> str:
        """The name of the person's domain: `domain`, or the default domain."""
        return "Default" if self.in_default_domain else domain


PEOPLE = (
    Person("kic-admin", "demo", ("manager", "member", "reader")),
    Person("kic-member", "demo", ("member",)),
    Person("kic-member2", "demo", ("member",)),
    Person("kic-reader", "demo", ("reader",)),
    Person("kic-other", "other", ("member",)),
    Person("kic-operator", "admin", ("admin",), in_default_domain=True),
)


def ensure(deployment: Deployment, admin: Session, name: str = DOMAIN) -> dict[str, str]:
    """A domain, its projects and the people; returns the projects' ids by name."""
    roles = role_ids(admin)
    domain = _find(admin, "domains", name) or _create(admin, "domain", {"name": name})
    projects = {project: ensure_project(admin, project, domain) for project in PROJECTS}
    for person in PEOPLE:
        if person.in_default_domain:
            project, place = ensure_project(admin, person.project, "default"), "default"
        else:
            project, place = projects[person.project], domain
        user = ensure_user(admin, person.name, place, deployment.password(person.name))
        assign(admin, project, user, [roles[role] for role in person.roles])
    return projects


def role_ids(admin: Session) -> dict[str, str]:
    """The ids of the roles by name, made if Keystone has not made them."""
    found = admin.call("keystone", "GET", "/roles")["roles"]
    ids = {role["name"]: role["id"] for role in found}
    return {name: ids.get(name) or _create(admin, "role", {"name": name}) for name in ROLES}


def ensure_project(admin: Session, name: str, domain: str) -> str:
    """The id of a project."""
    found = _find(admin, "projects", name, domain_id=domain)
    return found or _create(admin, "project", {"name": name, "domain_id": domain})


def ensure_user(admin: Session, name: str, domain: str, password: str) -> str:
    """The id of a user."""
    found = _find(admin, "users", name, domain_id=domain)
    user = {"name": name, "domain_id": domain, "password": password}
    return found or _create(admin, "user", user)


def assign(admin: Session, project: str, user: str, roles: list[str]) -> None:
    """Give a user roles in a project."""
    query = f"?user.id={user}&scope.project.id={project}"
    assignments = admin.call("keystone", "GET", f"/role_assignments{query}")["role_assignments"]
    have = {assignment["role"]["id"] for assignment in assignments}
    for role in set(roles) - have:
        admin.call("keystone", "PUT", f"/projects/{project}/users/{user}/roles/{role}")


def ensure_application_credential(
    member: Session, name: str, known: dict[str, str] | None
) -> dict[str, str]:
    """An application credential that works: the known one, or else a new one of that name."""
    path = f"/users/{member.user_id}/application_credentials"
    if known:
        try:
            found = member.call("keystone", "GET", f"{path}/{known['id']}")
            if found["application_credential"]["project_id"] == member.project_id:
                return known
        except ApiError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
    for old in member.call("keystone", "GET", f"{path}?name={name}")["application_credentials"]:
        member.call("keystone", "DELETE", f"{path}/{old['id']}")
    wanted = {"name": name, "roles": [{"name": "member"}, {"name": "reader"}]}
    made = member.call("keystone", "POST", path, {"application_credential": wanted})
    credential = made["application_credential"]
    return {"id": credential["id"], "secret": credential["secret"]}


def _find(admin: Session, collection: str, name: str, **query: str) -> str | None:
    arguments = "&".join(f"{key}={quote(value)}" for key, value in {"name": name, **query}.items())
    found = admin.call("keystone", "GET", f"/{collection}?{arguments}")[collection]
    return str(found[0]["id"]) if found else None


def _create(admin: Session, kind: str, body: dict[str, Any]) -> str:
    return str(admin.call("keystone", "POST", f"/{kind}s", {kind: body})[kind]["id"])
