# SPDX-License-Identifier: Apache-2.0
"""Keystone: projects, users, roles and role assignments."""

from typing import NotRequired, TypedDict


class Project(TypedDict):
    """A project, as ``GET /v3/projects/{id}`` returns it."""

    id: str
    name: str


class FederatedIdentity(TypedDict):
    """An identity provider with which a user logs in."""

    idp_id: str


class User(TypedDict):
    """A user, as ``GET /v3/users/{id}`` and ``GET /v3/users`` return it.

    ``federated`` only from ``GET /v3/users/{id}``, and only for users of an identity provider.
    """

    id: str
    name: str
    domain_id: str
    federated: NotRequired[list[FederatedIdentity]]


class Role(TypedDict):
    """A role, as ``GET /v3/roles`` lists it."""

    id: str
    name: str


class AssignedRole(TypedDict):
    """The role of an assignment; its name only with ``include_names``."""

    id: str
    name: NotRequired[str]


class Domain(TypedDict):
    """The domain of an assignment's user."""

    id: str


class AssignedUser(TypedDict):
    """The user of an assignment; its name and domain only with ``include_names``."""

    id: str
    name: NotRequired[str]
    domain: NotRequired[Domain]


class AssignedProject(TypedDict):
    """The project in which a role is assigned."""

    id: str


class AssignmentScope(TypedDict):
    """Where a role is assigned: in a project, or else in a domain or in the whole system."""

    project: NotRequired[AssignedProject]


class RoleAssignment(TypedDict):
    """A role assignment, as ``GET /v3/role_assignments`` lists it.

    An assignment for a group has no user; effective assignments always have one.
    """

    role: AssignedRole
    scope: AssignmentScope
    user: NotRequired[AssignedUser]
