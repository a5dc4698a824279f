# SPDX-License-Identifier: Apache-2.0
"""Nova: keypairs."""

from kic_vm.adapters import paging
from kic_vm.adapters.paths import path
from kic_vm.adapters.service import JSON, Answer, Service

# Lowest microversions that have the fields that the gateway returns.
KEYPAIR = "2.2"  # type; since 2.92, Nova no longer generates private keys
KEYPAIR_OF_USER = "2.10"
KEYPAIR_PAGES = "2.35"


class Keypairs(Service):
    """The part of the compute service that manages keypairs."""

    def list_keypairs(self, user_id: str | None = None) -> list[JSON]:
        """All keypairs of the calling user or of another user, for all projects.

        :param user_id: the other user; for cloud admins
        """

        def page(marker: str | None) -> Answer:
            return self.json(
                "GET",
                path("os-keypairs", limit=paging.PAGE, marker=marker, user_id=user_id),
                microversion=KEYPAIR_PAGES,
            )

        keypairs: list[JSON] = paging.follow(
            page, "keypairs", marker_of=lambda item: str(item["keypair"]["name"])
        )
        return [item["keypair"] for item in keypairs]

    def get_keypair(self, name: str, user_id: str | None = None) -> JSON:
        """One keypair of the calling user or of another user; see list_keypairs."""
        keypair: JSON = self.json(
            "GET",
            path("os-keypairs", name, user_id=user_id),
            microversion=KEYPAIR_OF_USER if user_id else KEYPAIR,
        )["keypair"]
        return keypair

    def create_keypair(self, name: str, public_key: str | None, kind: str = "ssh") -> JSON:
        """Create a keypair of the calling user; without a public key, Nova generates one."""
        body: JSON = {"name": name, "type": kind}
        if public_key is not None:
            body["public_key"] = public_key
        keypair: JSON = self.json(
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
