# SPDX-License-Identifier: Apache-2.0
"""Every data source of what the gateway serves reads what is there."""

from collections.abc import Callable
from typing import Any

import openstack

from tests.terraform.runner import CONFIGURATIONS, Terraform

Connect = Callable[[str], openstack.connection.Connection]
DATA = "data.kakaocloud_"


def test_data_sources(
    terraform: Callable[..., Terraform],
    cloud: Connect,
    left_behind: Callable[[], dict[str, set[str]]],
) -> None:
    """One by its id is the very one, and the filtered list has it and no other."""
    other_project = cloud("kic-other").current_project_id
    stack = terraform("data", other_project=other_project)
    stack.apply(0)
    stack.apply(1)
    stack.assert_settled(1)
    resources = stack.resources()
    read = {address: values for address, values in resources.items() if address.startswith(DATA)}
    declared = (CONFIGURATIONS / "data/read.tf").read_text().count('data "kakaocloud_')
    assert len([one for one in read if ".one" in one or ".many" in one]) == declared

    for address, values in read.items():
        if address.endswith(".many"):
            kind = address.removeprefix(DATA).removesuffix(".many")
            ids = {one["id"] for one in values[kind]}
            if single := read.get(f"{DATA}{kind.removesuffix('s')}.one"):
                assert ids == {single["id"]}, address
            else:
                assert ids, address
    assert read[f"{DATA}instance.one"]["id"] == resources["kakaocloud_instance.main"]["id"]
    shared: list[Any] = read[f"{DATA}image_member.one[0]"]["members"]
    assert [(one["id"], one["is_shared"]) for one in shared] == [(other_project, True)]
    stack.destroy(1)
    assert left_behind() == {}
