# SPDX-License-Identifier: Apache-2.0
"""Subnets for other projects, on real Neutron and Nova."""

from collections.abc import Callable

import openstack

from tests.contract import check
from tests.functional.client import Client
from tests.functional.instances import Instances
from tests.functional.test_vpcs import ZONE, Vpcs, refused, shown, vpcs

__all__ = ["vpcs"]
Cloud = Callable[[str], openstack.connection.Connection]


def test_whole_life(
    member: Client, persona: Callable[[str], Client], cloud: Cloud, vpcs: Vpcs
) -> None:
    """The other project boots in it and changes nothing; it is taken back when nobody is there."""
    vpc = vpcs.vpc("10.107.0.0/16")
    subnet = vpcs.subnet(vpc["id"], "10.107.0.0/24")
    other, project = persona("kic-other"), cloud("kic-other").current_project_id
    path = f"/api/v1/subnets/{subnet['id']}/projects"
    one = f"{path}/{project}"
    assert other.request("GET", f"/api/v1/subnets/{subnet['id']}").status_code == 404
    assert "not shared" in refused(member, "DELETE", one, 404)
    assert member.request("POST", one).status_code == 204
    assert "already" in refused(member, "POST", one, 409)
    body = member.get(path)
    assert check("vpc", "ListSubnetSharedProjects", body) == []
    assert body["projects"] == [{"id": project}]

    seen = shown(other, "subnets", subnet["id"], "GetSubnet", "subnet")
    assert (seen["is_shared"], seen["owner_project_id"]) == (True, subnet["project_id"])
    assert other.get("/api/v1/subnets", is_shared="true", id=subnet["id"])["subnets"] == [seen]
    refused(other, "DELETE", f"/api/v1/subnets/{subnet['id']}", 403)
    refused(other, "PUT", f"/api/v1/subnets/{subnet['id']}", 403, {"subnet": {"name": "mine"}})
    refused(other, "POST", f"{path}/{cloud('kic-member').current_project_id}", 403)
    wanted = {"name": "theirs", "vpc_id": vpc["id"], "availability_zone": ZONE}
    second = {"subnet": wanted | {"cidr_block": "10.107.1.0/24"}}
    refused(other, "POST", "/api/v1/subnets", 403, second)
    assert "shared with other projects" in refused(member, "POST", "/api/v1/subnets", 409, second)

    theirs = Instances(other, subnet["id"], cloud("kic-operator"))
    try:
        instance_id, _seen = theirs.make_active()
        (interface,) = other.get_instance(instance_id)["addresses"]
        assert interface["private_ip"].startswith("10.107.0.")
        assert interface["network_interface_id"] in refused(member, "DELETE", one, 409)
    finally:
        theirs.remove_all()
    assert member.request("DELETE", one).status_code == 204
    assert other.request("GET", f"/api/v1/subnets/{subnet['id']}").status_code == 404
    assert member.get(path)["projects"] == []


def test_refusals(member: Client, cloud: Cloud, vpcs: Vpcs) -> None:
    """One of several subnets is not shared, nor with what is no other project."""
    vpc = vpcs.vpc("10.108.0.0/16")
    subnet = vpcs.subnet(vpc["id"], "10.108.0.0/24")
    path = f"/api/v1/subnets/{subnet['id']}/projects"
    own, other = (cloud(name).current_project_id for name in ("kic-member", "kic-other"))
    for project, status, words in (
        (own, 400, "own"),
        ("*", 404, ""),
        ("0" * 32, 404, "no project"),
    ):
        assert words in refused(member, "POST", f"{path}/{project}", status), project
    second = vpcs.subnet(vpc["id"], "10.108.1.0/24")
    assert second["id"] in refused(member, "POST", f"{path}/{other}", 409)
    assert member.get(path)["projects"] == []
