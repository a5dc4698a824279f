# SPDX-License-Identifier: Apache-2.0
"""A member who leaves the project, and the names of keypairs in Nova."""

from tests.unit.bodies import SERVER
from tests.unit.conftest import Caller
from tests.unit.keypair_requests import PATH, create
from tests.unit.nova_keypairs import NovaKeypairs
from tests.unit.personas import PROJECT, USER

ADMIN = "0" * 32
READER = "2" * 32
OTHER = "ssh-ed25519 AAAA hostile"
ORIGINAL = SERVER["key_name"]


def remove(nova: NovaKeypairs, user_id: str = USER) -> None:
    """Take a user's roles in the project, and so the validity of the user's token."""
    nova.members[PROJECT].remove(user_id)


def have_index_made_anew(caller: Caller) -> None:
    assert create(caller, name="another").status_code == 201
    assert caller.delete(f"{PATH}/another").status_code == 204
