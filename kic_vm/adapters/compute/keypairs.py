# SPDX-License-Identifier: Apache-2.0
"""Nova: keypairs."""

from kic_vm.adapters import absence, paging
from kic_vm.adapters.paths import path
from kic_vm.adapters.service import Answer, Service
from kic_vm.resources.compute import Keypair, KeypairItem, UserKeypair

# Lowest microversions that have the fields that the gateway returns.
KEYPAIR = "2.2"  # type; since 2.92, Nova no longer generates private keys
KEYPAIR_OF_USER = "2.10"
KEYPAIR_PAGES = "2.35"


class Keypairs(Service):
    """The part of the compute service that manages keypairs."""

    def list_keypairs(self, user_id: str | None = None) -> list[UserKeypair]:
        """All keypairs of the calling user or of another user, for all projects.

        :param user_id: the other user; for cloud admins
        """

        def page(marker: str | None) -> Answer:
            return self.json(
                "GET",
                path("os-keypairs", limit=paging.PAGE, marker=marker, user_id=user_id),
                microversion=KEYPAIR_PAGES,
            )

        keypairs: list[KeypairItem] = paging.follow(
            page, "keypairs", marker_of=lambda item: str(item["keypair"]["name"])
        )
        return [item["keypair"] for item in keypairs]

    def get_keypair(self, name: str, user_id: str | None = None) -> Keypair:
        """One keypair of the calling user or of another user; see list_keypairs."""
        keypair: Keypair = self.json(
            "GET",
            path("os-keypairs", name, user_id=user_id),
            microversion=KEYPAIR_OF_USER if user_id else KEYPAIR,
        )["keypair"]
        return keypair

    def find_keypair(self, name: str, user_id: str | None = None) -> Keypair | None:
        """One keypair; None if Nova has none with this name.

        :param user_id: another user, see list_keypairs; by default the calling user
        :raises KicVmError: Nova fails, or a 404 is not Nova's own answer about this keypair
        """
        keypair: Keypair | None = absence.find(
            self,
            path("os-keypairs", name, user_id=user_id),
            "keypair",
            name,
            microversion=KEYPAIR_OF_USER if user_id else KEYPAIR,
        )
        return keypair

    def create_keypair(self, name: str, public_key: str | None, kind: str = "ssh") -> Keypair:
        """Create a keypair of the calling user; without a public key, Nova generates one."""
        body = {"name": name, "type": kind}
        if public_key is not None:
            body["public_key"] = public_key
        keypair: Keypair = self.json(
            "POST", "/os-keypairs", json={"keypair": body}, microversion=KEYPAIR
        )["keypair"]
        return keypair

    def delete_keypair(self, name: str, user_id: str | None = None) -> None:
        """Delete a keypair of the calling user or of another user; see list_keypairs."""
        self.request(
            "DELETE",
            path("os-keypairs", name, user_id=user_id),
            microversion=KEYPAIR_OF_USER if user_id else KEYPAIR,
        )
