# SPDX-License-Identifier: Apache-2.0
"""Nova: servers, flavors and keypairs."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from kic_vm.adapters import paging, quotas
from kic_vm.adapters.compute import servers
from kic_vm.adapters.compute.existence import ServerExistence
from kic_vm.adapters.compute.keypairs import Keypairs
from kic_vm.adapters.compute.servers import Servers
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.adapters.paths import path
from kic_vm.adapters.quotas import Figures
from kic_vm.adapters.service import Answer
from kic_vm.resources.compute import (
    ActionEvent,
    Flavor,
    InstanceAction,
    InterfaceAttachment,
    NewServer,
    RebuildRequest,
    Server,
    ServerRequest,
    VolumeAttachment,
)
from kic_vm.schemas.texts import with_stored_description

# Lowest microversions that have the fields that the gateway returns.
STATE = servers.STATE
SERVER = servers.SERVER
ATTACHED = "2.3"  # delete_on_termination of attached volumes
DETACH = "2.20"  # works for shelved servers
ATTACH = "2.79"  # delete_on_termination of a new attachment
ATTACHMENT = "2.85"  # delete_on_termination is changeable
REBUILD = "2.93"  # works for servers with a root volume; key_name since 2.54
ACTIONS = "2.58"  # updated_at of an action, and paging
CREATE = "2.67"  # volume_type of a block device
FLAVOR = "2.61"  # extra_specs and description within the flavor


class Compute(Servers, Keypairs, ServerExistence):
    """The compute service, called on behalf of one caller."""

    def create_server(self, server: ServerRequest) -> NewServer:
        """Create a server."""
        created: NewServer = self.json(
            "POST",
            "/servers",
            json={"server": with_stored_description(server)},
            microversion=CREATE,
        )["server"]
        return created

    def create_reserved_servers(self, server: ServerRequest) -> str:
        """Create several servers in one request; the reservation id for finding them."""
        reservation: str = self.json(
            "POST",
            "/servers",
            json={"server": with_stored_description(server) | {"return_reservation_id": True}},
            microversion=CREATE,
        )["reservation_id"]
        return reservation

    def get_quotas(self) -> dict[str, Figures]:
        """The quotas of the caller's project, by the gateway's quota names.

        The keypair quota is the calling user's. Two upstream calls, as Nova's quotas lack the
        number of keypairs.
        """
        answered, keypairs = gather_reads(
            partial(
                self.json,
                "GET",
                path("os-quota-sets", str(self._context.project_id), "detail"),
                microversion=STATE,
            ),
            self.list_keypairs,
        )
        usages = quotas.read("compute", answered["quota_set"])
        return usages | {"keypairs": usages["keypairs"]._replace(used=len(keypairs))}

    def update_server(self, server_id: str, changes: Mapping[str, str | None]) -> Server:
        """Change the name or description; returns the whole server."""
        updated: Server = self.json(
            "PUT",
            path("servers", server_id),
            json={"server": with_stored_description(changes)},
            microversion=SERVER,
        )["server"]
        return updated

    def delete_server(self, server_id: str) -> None:
        """Start deleting a server."""
        self.request("DELETE", path("servers", server_id))

    def act(self, server_id: str, action: str, argument: Any = None) -> None:
        """Start a server action, by its name in Nova's API."""
        self.request("POST", path("servers", server_id, "action"), json={action: argument})

    def rebuild_server(self, server_id: str, changes: RebuildRequest) -> Server:
        """Start rebuilding the root disk from an image; the answer lacks the security groups."""
        rebuilt: Server = self.json(
            "POST",
            path("servers", server_id, "action"),
            json={"rebuild": changes},
            microversion=REBUILD,
        )["server"]
        return rebuilt

    def list_actions(self, server_id: str) -> list[InstanceAction]:
        """All actions on a server, newest first."""

        def page(marker: str | None) -> Answer:
            return self.json(
                "GET",
                path("servers", server_id, "os-instance-actions", limit=paging.PAGE, marker=marker),
                microversion=ACTIONS,
            )

        return paging.follow(
            page,
            "instanceActions",
            links="links",
            marker_of=lambda action: str(action["request_id"]),
        )

    def list_action_events(self, server_id: str, request_id: str) -> list[ActionEvent]:
        """The events of an action, newest first."""
        events: list[ActionEvent] = self.json(
            "GET",
            path("servers", server_id, "os-instance-actions", request_id),
            microversion=ACTIONS,
        )["instanceAction"]["events"]
        return events

    def get_console_output(self, server_id: str, lines: int) -> str:
        """The last lines of a server's console, at most as many as asked for.

        Nova counts the empty text after a final line break as a line, so this asks for one more.
        """
        output: str = self.json(
            "POST",
            path("servers", server_id, "action"),
            json={"os-getConsoleOutput": {"length": lines + 1}},
            is_change=False,
        )["output"]
        if output.endswith("\n"):
            return output
        return "\n".join(output.split("\n")[-lines:])

    def get_server_password(self, server_id: str) -> str:
        """The encrypted password that the guest has stored; empty if it has stored none."""
        password: str = self.json("GET", path("servers", server_id, "os-server-password"))[
            "password"
        ]
        return password

    def attach_interface(self, server_id: str, port_id: str) -> InterfaceAttachment:
        """Attach a port; it is attached when this returns."""
        attachment: InterfaceAttachment = self.json(
            "POST",
            path("servers", server_id, "os-interface"),
            json={"interfaceAttachment": {"port_id": port_id}},
        )["interfaceAttachment"]
        return attachment

    def get_interface(self, server_id: str, port_id: str) -> InterfaceAttachment:
        """The attachment of a port to a server, with the same fields as at its creation.

        :raises NotFound: the port is not attached to the server
        """
        attachment: InterfaceAttachment = self.json(
            "GET", path("servers", server_id, "os-interface", port_id)
        )["interfaceAttachment"]
        return attachment

    def detach_interface(self, server_id: str, port_id: str) -> None:
        """Start detaching a port."""
        self.request("DELETE", path("servers", server_id, "os-interface", port_id))

    def attach_volume(
        self, server_id: str, volume_id: str, *, is_delete_on_termination: bool
    ) -> VolumeAttachment:
        """Start attaching a volume; returns the attachment."""
        attachment: VolumeAttachment = self.json(
            "POST",
            path("servers", server_id, "os-volume_attachments"),
            json={
                "volumeAttachment": {
                    "volumeId": volume_id,
                    "delete_on_termination": is_delete_on_termination,
                }
            },
            microversion=ATTACH,
        )["volumeAttachment"]
        return attachment

    def get_volume_attachment(self, server_id: str, volume_id: str) -> VolumeAttachment:
        """The attachment of a volume to a server, with the same fields as at its creation.

        :raises NotFound: the volume is not attached to the server
        """
        attachment: VolumeAttachment = self.json(
            "GET",
            path("servers", server_id, "os-volume_attachments", volume_id),
            microversion=ATTACH,
        )["volumeAttachment"]
        return attachment

    def update_volume_attachment(
        self, server_id: str, volume_id: str, *, is_delete_on_termination: bool
    ) -> None:
        """Set whether an attached volume is deleted with the server."""
        self.request(
            "PUT",
            path("servers", server_id, "os-volume_attachments", volume_id),
            json={
                "volumeAttachment": {
                    "volumeId": volume_id,
                    "delete_on_termination": is_delete_on_termination,
                }
            },
            microversion=ATTACHMENT,
        )

    def detach_volume(self, server_id: str, volume_id: str) -> None:
        """Start detaching a volume."""
        self.request(
            "DELETE",
            path("servers", server_id, "os-volume_attachments", volume_id),
            microversion=DETACH,
        )

    def list_flavors(self) -> list[Flavor]:
        """All flavors that the caller's project can use."""

        def page(marker: str | None) -> Answer:
            return self.json(
                "GET",
                path("flavors", "detail", limit=paging.PAGE, marker=marker),
                microversion=FLAVOR,
            )

        return paging.follow(page, "flavors")

    def list_all_flavors(self) -> list[Flavor]:
        """All flavors, including private ones; for cloud admins."""

        def page(marker: str | None) -> Answer:
            return self.json(
                "GET",
                path("flavors", "detail", is_public="None", limit=paging.PAGE, marker=marker),
                microversion=FLAVOR,
            )

        return paging.follow(page, "flavors")

    def get_flavor(self, flavor_id: str) -> Flavor:
        """One flavor."""
        flavor: Flavor = self.json("GET", path("flavors", flavor_id), microversion=FLAVOR)["flavor"]
        return flavor
