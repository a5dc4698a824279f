# SPDX-License-Identifier: Apache-2.0
"""Giving every command to an instance in one state: the offered ones, and the others."""

import time
from collections.abc import Callable, Mapping
from typing import Final

import openstack
from requests import Response

from kic_vm.lifecycle.table import load_tables
from tests.functional.client import JSON, Client

COMMANDS: Final = load_tables().instances.actions
_PAUSE: Final = 0.3


class Walk:
    """An instance, and the resources that its commands need.

    What it waits for it asks of OpenStack itself: a gateway's answer takes four calls.

    :param requests: command -> method, path below the instance and body; a command that is
        missing takes no body
    :param flavor_ids: two flavors; resize goes to the other one
    """

    def __init__(
        self,
        client: Client,
        operator: openstack.connection.Connection,
        instance_id: str,
        requests: Mapping[str, tuple[str, str, JSON]],
        flavor_ids: tuple[str, ...] = (),
    ) -> None:
        self.client = client
        self.instance_id = instance_id
        self._operator = operator
        self._requests = requests
        self._flavor_ids = flavor_ids

    def give(self, command: str) -> Response:
        """Give a command, possible or not."""
        method, path, body = self._requests.get(command, ("POST", f"/{command}", {}))
        if command == "resize":
            present = self.get()["flavor"]["id"]
            body = {"flavor": {"id": next(one for one in self._flavor_ids if one != present)}}
        return self.client.request(
            method, f"/api/v1/instances/{self.instance_id}{path}", json=body or None
        )

    def take(self, command: str) -> None:
        """Give a command that must be taken, and wait until it is done."""
        response = self.give(command)
        assert response.status_code in {200, 202, 204}, (command, self.server(), response.text)
        if command == "confirm-resize":  # Nova shows no task meanwhile
            self._wait_until(lambda: self.vm_state() != "resized")
        if command == "detach-network-interface":
            self._wait_until(self._is_interface_free)
        self.settle()

    def act(self, action: JSON) -> None:
        """Give the instance an action of Nova's that the gateway does not have, as an operator."""
        path = f"/servers/{self.instance_id}/action"
        response = self._operator.compute.post(path, json=action)
        assert response.status_code in {200, 202}, response.text
        self.settle()

    def get(self) -> JSON:
        """The instance."""
        return self.client.get_instance(self.instance_id)

    def server(self) -> JSON:
        """The instance as Nova shows it."""
        response = self._operator.compute.get(f"/servers/{self.instance_id}")
        assert response.status_code == 200, response.text
        server: JSON = response.json()["server"]
        return server

    def vm_state(self) -> str:
        """Nova's vm_state of the instance."""
        return str(self.server()["OS-EXT-STS:vm_state"])

    def attached_volume_ids(self) -> list[str]:
        """The ids of the volumes that Nova has attached."""
        return [item["id"] for item in self.server()["os-extended-volumes:volumes_attached"]]

    def settle(self) -> None:
        """Return when the instance is built and nothing is being done with it or its volumes."""
        self._wait_until(self._is_at_rest)
        self._wait_until(self._have_volumes_settled)

    def _is_at_rest(self) -> bool:
        server = self.server()
        is_built = server["OS-EXT-STS:vm_state"] != "building"
        return is_built and server["OS-EXT-STS:task_state"] is None

    def _have_volumes_settled(self) -> bool:
        cinder = self._operator.block_storage
        paths = [
            path.removeprefix("/volumes/")
            for _method, path, _body in self._requests.values()
            if path.startswith("/volumes/")
        ]
        statuses = {
            cinder.get(f"/volumes/{volume_id}").json().get("volume", {}).get("status")
            for volume_id in {*paths, *self.attached_volume_ids()}
        }
        settled = {"available", "in-use", None}
        # Its volumes stay reserved; other reserved volumes are about to be attached.
        if self.vm_state() == "shelved_offloaded":
            settled.add("reserved")
        return statuses <= settled

    def _is_interface_free(self) -> bool:
        _method, path, _body = self._requests["detach-network-interface"]
        port_id = path.rpartition("/")[2]
        port = self._operator.network.get(f"/ports/{port_id}").json()["port"]
        return not port["device_id"]

    def _wait_until(self, holds: Callable[[], bool], within: float = 90) -> None:
        end = time.monotonic() + within * self.client.patience
        while not holds():
            assert time.monotonic() < end, self.server()
            time.sleep(_PAUSE)

    def return_to_active(self) -> None:
        """Bring the instance back from any of its states."""
        self.settle()
        vm_state = self.vm_state()
        if vm_state == "resized":
            self.take("revert-resize")
        elif vm_state == "error":
            self.take("hard-reboot")
        if self.vm_state() != "active":
            self.take("start")
        assert self.vm_state() == "active"

    def refuse_what_is_not_offered(self, reason: str | None) -> list[str]:
        """Give all commands that the instance does not offer; the offered ones.

        :param reason: of the limit under which the instance is, if it is under one
        """
        before = self.get()
        lifecycle = before["lifecycle"]
        offered: list[str] = lifecycle["allowed_actions"]
        assert lifecycle.get("reason") == reason
        for command in COMMANDS:
            if command not in offered:
                response = self.give(command)
                assert response.status_code == 409, (command, lifecycle, response.text)
                error = response.json()["error"]
                assert error["code"] in {"invalid_state", "already_in_state"}
                assert error["state"] == lifecycle["state"]
                assert error["allowed_actions"] == offered
                assert f"The instance is {lifecycle['state']}: {command}" in error["message"]
                assert reason is None or reason in error["message"]
        after = self.server()
        assert after["OS-EXT-STS:vm_state"] == before["vm_state"]
        assert after["OS-EXT-STS:task_state"] is None
        return offered

    def take_what_is_offered(self, offered: list[str], reach: Callable[["Walk"], None]) -> None:
        """Give each offered command but delete, each in the same state.

        :param reach: brings the active instance into that state
        """
        vm_state = self.vm_state()
        for command in offered:
            if command == "delete":
                continue
            if self.vm_state() != vm_state:
                self.return_to_active()
                reach(self)
            self.take(command)
