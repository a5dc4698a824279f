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
