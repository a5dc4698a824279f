# SPDX-License-Identifier: Apache-2.0
"""Instances that a test makes."""

import openstack

from tests.functional.client import Client

# Cinder calls a volume available before it has stored which service serves it. When Nova attaches
# within that moment, the build is aborted with this. It is no fault of the gateway, it happens to
# about one machine in sixty, and only the cloud's admin can see that it was this.
CINDER_RACE = "'NoneType' object has no attribute 'replace'"
ATTEMPTS = 4


def fault(operator: openstack.connection.Connection, instance_id: str) -> str:
    """What the cloud's admin sees of why an instance is in Error."""
    server = operator.compute.get(f"/servers/{instance_id}").json()["server"]
    return str(server.get("fault", {}).get("message", ""))


class Instances:
    """Makes instances, and removes what it has made."""

    def __init__(
        self, client: Client, subnet_id: str, operator: openstack.connection.Connection | None
    ) -> None:
        self._client = client
        self._subnet_id = subnet_id
        self._operator = operator
        self.made: list[str] = []

    def make(self, **changes: object) -> str:
        """An instance that has been asked for; ``changes`` go over an ordinary body."""
        body = self._client.instance_body(self._subnet_id) | changes
        self.made.append(self._client.create_instance(body))
        return self.made[-1]

    def make_active(self, **changes: object) -> tuple[str, list[tuple[str, bool]]]:
        """An instance that has become active, and the states that passed on its way.

        One that falls into Cinder's race, and nothing else, is made anew.
        """
        for _attempt in range(ATTEMPTS):
            instance_id = self.make(**changes)
            seen = self._client.watch(instance_id, "active", "error")
            if seen[-1][0] == "Active":
                return instance_id, seen
            reason = self._fault(instance_id)
            assert CINDER_RACE in reason, f"after {seen} the instance is in Error: {reason}"
            self.remove(instance_id)
        raise AssertionError(f"{ATTEMPTS} instances in a row fell into Cinder's race")

    def _fault(self, instance_id: str) -> str:
        if self._operator is None:
            return str(self._client.get_instance(instance_id)["fault"])
        return fault(self._operator, instance_id)

    def adopt(self, *instance_ids: str) -> None:
        """Remove these too, which the test has asked for itself."""
        self.made += instance_ids

    def remove(self, instance_id: str) -> None:
        """Delete an instance and wait until it is gone."""
        self._client.delete(f"/api/v1/instances/{instance_id}")
        self._client.wait_until_gone(f"/api/v1/instances/{instance_id}", within=90)
        if instance_id in self.made:
            self.made.remove(instance_id)

    def remove_all(self) -> None:
        """Delete what is left."""
        for instance_id in self.made:
            self._client.delete(f"/api/v1/instances/{instance_id}")
        for instance_id in list(self.made):
            self.remove(instance_id)
