# SPDX-License-Identifier: Apache-2.0
"""Everything is made, changed in place, read again and taken down; nothing stays behind."""

from collections.abc import Callable

import openstack
import pytest

from tests.terraform.runner import Terraform

Connect = Callable[[str], openstack.connection.Connection]
LeftBehind = Callable[[], dict[str, set[str]]]

# What each configuration has that can be read by its id alone into the very same state.
CYCLES = {
    "network": (
        3,
        [
            "kakaocloud_vpc.main",
            "kakaocloud_subnet.main",
            "kakaocloud_security_group.web",
            "kakaocloud_security_group.peers",
            "kakaocloud_network_interface.main",
            "kakaocloud_public_ip.main",
        ],
    ),
    "storage": (2, ["kakaocloud_volume.data", "kakaocloud_volume_snapshot.data"]),
    "machine": (5, ["kakaocloud_keypair.main", "kakaocloud_public_ip.main"]),
}


@pytest.mark.parametrize("name", CYCLES)
def test_cycle(
    terraform: Callable[..., Terraform], cloud: Connect, left_behind: LeftBehind, name: str
) -> None:
    """After each step the plan is empty; after the end so is OpenStack."""
    last, imported = CYCLES[name]
    values = {"other_project": cloud("kic-other").current_project_id} if name == "storage" else {}
    stack = terraform(name, **values)
    for step in range(last + 1):
        stack.apply(step)
        stack.assert_settled(step)
    resources = stack.resources()
    for address in imported:
        key = "name" if address.startswith("kakaocloud_keypair.") else "id"
        stack.import_anew(address, resources[address][key], last)
    stack.assert_settled(last)
    stack.destroy(last)
    assert left_behind() == {}


def test_route_tables(
    terraform: Callable[..., Terraform], cloud: Connect, left_behind: LeftBehind
) -> None:
    """Routes, associations and the main table change; a shared subnet comes and goes.

    The main table cannot be deleted, so the one that came with the VPC becomes the main one again
    before everything is taken down.
    """
    stack = terraform("routes", other_project=cloud("kic-other").current_project_id)
    stack.apply(0)
    stack.assert_settled(0)
    default_id = stack.resources()["kakaocloud_vpc.main"]["default_route_table"]["id"]
    for step in (1, 2):
        stack.apply(step)
        stack.assert_settled(step)
    resources = stack.resources()
    assert resources["kakaocloud_route_table.private"]["is_main"] is True
    default = "kakaocloud_route_table.default[0]"
    stack.adopt(default, default_id, 3)
    stack.apply(3)
    stack.assert_settled(3)
    assert stack.resources()[default]["is_main"] is True
    for address in (
        "kakaocloud_route_table.public",
        "kakaocloud_route_table.private",
        "kakaocloud_subnet.main",
        "kakaocloud_subnet_share.main",
    ):
        stack.import_anew(address, resources[address]["id"], 3)
    stack.assert_settled(3)
    stack.forget(default)
    stack.destroy(2)
    assert left_behind() == {}
