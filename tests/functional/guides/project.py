# SPDX-License-Identifier: Apache-2.0
"""A project that only the guides use: what a guide leaves behind is all that is in it."""

import contextlib
import time
import uuid
from collections.abc import Callable

import openstack

from tests.functional import connections
from tests.functional.client import JSON, Client
from tests.functional.instances import CINDER_RACE, fault
from tests.functional.volumes import ZONE

Connect = Callable[[str], openstack.connection.Connection]

# What a project may have, in the order in which it can be removed.
KINDS = (
    "public-ips",
    "instances",
    "images",
    "snapshots",
    "volumes",
    "network-interfaces",
    "security-groups",
)


class Project:
    """A project with a VPC, and people in it who have their roles in other projects too."""

    def __init__(self, gateway: str, cloud: Connect, people: dict[str, tuple[str, ...]]) -> None:
        """Make it.

        :param people: personas, the first of whom makes the VPC, and their roles
        """
        self._operator = cloud("kic-operator")
        identity = connections.identity(self._operator)
        domain_id = identity.get_project(connections.project_id(cloud("kic-member"))).domain_id
        name = f"guides-{uuid.uuid4().hex[:8]}"
        self.id = str(identity.create_project(name=name, domain_id=domain_id).id)
        self._clients: dict[str, Client] = {}
        self._connections: dict[str, openstack.connection.Connection] = {}
        for person, roles in people.items():
            for role in roles:
                (found,) = identity.roles(name=role)
                user_id = cloud(person).current_user_id
                path = f"/projects/{self.id}/users/{user_id}/roles/{found.id}"
                assert identity.put(path).status_code == 204
            self._connections[person] = cloud(person).connect_as_project({"id": self.id})
            self._clients[person] = Client(gateway, self._connections[person].auth_token)
        self._credentials: list[tuple[str, str]] = []
        self._owner = next(iter(people))
        self._vpc = self._make_vpc()

    def _make_vpc(self) -> str:
        subnet = {"cidr_block": "10.60.0.0/24", "availability_zone": ZONE}
        wanted = {"vpc": {"name": "guides", "cidr_block": "10.60.0.0/16", "subnet": subnet}}
        response = self._client().request("POST", "/api/v1/vpcs", json=wanted)
        assert response.status_code == 201, response.text
        return str(response.json()["vpc"]["id"])

    def _client(self) -> Client:
        return self._clients[self._owner]

    def token(self, person: str) -> str:
        """A person's token for this project."""
        return str(self._clients[person].token)

    def credential(self, person: str) -> JSON:
        """A new application credential of a member for this project; it goes with the project."""
        connection = self._connections[person]
        made = connections.identity(connection).create_application_credential(
            connections.user_id(connection),
            f"guides-{uuid.uuid4().hex[:8]}",
            roles=[{"name": "member"}],
        )
        self._credentials.append((person, made.id))
        return {"id": made.id, "secret": made.secret}

    def left(self) -> list[str]:
        """Paths of everything that there is beside the VPC and the default security group."""
        paths = [
            f"/api/v1/{kind}/{one['id']}"
            for kind in KINDS
            for one in self._list(kind)
            if (kind, one.get("name")) != ("security-groups", "default")
        ]
        return paths + [f"/api/v1/keypairs/{one['name']}" for one in self._list("keypairs")]

    def _list(self, kind: str) -> list[JSON]:
        """All resources of a kind; public IPs as who may see them."""
        clients = reversed(self._clients.values()) if kind == "public-ips" else [self._client()]
        for client in clients:
            response = client.request("GET", f"/api/v1/{kind}", params={"limit": 1000})
            if response.status_code == 403:
                continue
            assert response.status_code == 200, response.text
            found: list[JSON] = response.json()[kind.replace("-", "_")]
            return [one for one in found if kind != "images" or one["owner"] == self.id]
        return []

    def fell_into_a_race(self) -> bool:
        """Whether an instance is in Error by Cinder's race, which is no fault of a guide."""
        return any(
            CINDER_RACE in fault(self._operator, one["id"])
            for one in self._list("instances")
            if one["status"] == "error"
        )

    def check_nothing_left(self, within: float = 30) -> None:
        """Return when nothing is left; volumes go a moment after their instance."""
        end = time.monotonic() + within
        while left := self.left():
            if time.monotonic() > end:
                self.empty()
                raise AssertionError(f"the guide leaves {left}")
            time.sleep(0.5)

    def empty(self, within: float = 90) -> None:
        """Remove what is left; each thing by whoever may."""
        end = time.monotonic() + within
        while left := self.left():
            assert time.monotonic() < end, f"still there after {within} s: {left}"
            for path in left:
                for client in self._clients.values():
                    if client.delete(path) in {202, 204}:
                        break
            time.sleep(1)

    def remove(self) -> None:
        """Remove the project with everything in it."""
        self.empty()
        assert self._client().delete(f"/api/v1/vpcs/{self._vpc}") == 204
        for person, credential_id in self._credentials:
            connection = self._connections[person]
            connections.identity(connection).delete_application_credential(
                connections.user_id(connection), credential_id
            )
        for group in self._operator.network.security_groups(project_id=self.id):
            with contextlib.suppress(openstack.exceptions.NotFoundException):
                self._operator.network.delete_security_group(group)
        connections.identity(self._operator).delete_project(self.id)
