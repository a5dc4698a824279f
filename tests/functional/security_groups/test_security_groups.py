# SPDX-License-Identifier: Apache-2.0
"""Security groups on real Neutron: their lives, lists, users and quotas."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openstack

from tests.contract import check
from tests.functional.client import Client
from tests.functional.instances import Instances
from tests.functional.security_groups.group_requests import (
    ALL,
    PREFIX,
    SSH,
    add,
    create,
    enforced,
    refused,
    shown,
)

Cloud = Callable[[str], openstack.connection.Connection]


def test_name_that_many_want(member: Client, network: Any) -> None:
    """Of several requests at once at most one gets a name, and the others leave nothing."""
    body = {"security_group": {"name": f"{PREFIX}-wanted"}}
    with ThreadPoolExecutor(5) as pool:
        asked = [pool.submit(member.request, "POST", ALL, json=body) for _number in range(5)]
    statuses = [one.result().status_code for one in asked]
    assert statuses.count(201) <= 1
    assert set(statuses) <= {201, 409}
    assert len(list(network.security_groups(name=f"{PREFIX}-wanted"))) == statuses.count(201)


def test_life(member: Client, network: Any) -> None:
    """A group begins without a rule, in Neutron too; it is changed and deleted."""
    group = create(member, description="first")
    path = f"{ALL}/{group['id']}"
    assert group["rules"] == []
    assert enforced(network, group["id"]) == []
    seen = shown(member, group["id"])
    assert (seen["name"], seen["description"], seen["rules"]) == (PREFIX, "first", [])
    assert seen["is_stateful"] is True
    assert seen["project_name"]

    taken = member.request("POST", ALL, json={"security_group": {"name": PREFIX}})
    assert PREFIX in refused(taken, 409, "already_exists")
    reserved = member.request("POST", ALL, json={"security_group": {"name": "Default"}})
    assert "default security group" in refused(reserved, 409, "already_exists")

    changes = {"name": f"{PREFIX}-renamed", "description": None}
    response = member.request("PUT", path, json={"security_group": changes})
    assert response.status_code == 200, response.text
    assert check("network", "UpdateSecurityGroup", response.json()) == []
    seen = shown(member, group["id"])
    assert (seen["name"], seen["description"]) == (f"{PREFIX}-renamed", "")
    assert seen["created_at"] == group["created_at"]

    assert member.delete(path) == 204
    assert member.request("GET", path).status_code == 404
    assert member.delete(path) == 404


def test_list(member: Client, network: Any) -> None:
    """The list has the project's groups with their rules, filtered, sorted and in pages."""
    ids = [create(member, f"{PREFIX}-{letter}")["id"] for letter in "cab"]
    add(member, ids[0], **SSH)
    body = member.get(ALL, name=PREFIX, sort_keys="name", sort_dirs="asc")
    assert check("network", "ListSecurityGroups", body) == []
    assert [group["id"] for group in body["security_groups"]] == [ids[1], ids[2], ids[0]]
    assert [len(group["rules"]) for group in body["security_groups"]] == [0, 0, 1]
    page = member.get(ALL, name=PREFIX, sort_keys="name", sort_dirs="asc", limit=1, offset=2)
    assert [group["id"] for group in page["security_groups"]] == [ids[0]]
    assert page["pagination"] == {"total": 3, "offset": 2, "limit": 1}
    one = member.get(ALL, id=ids[1])["security_groups"]
    assert [group["name"] for group in one] == [f"{PREFIX}-a"]
    everything = member.get(ALL, limit=1000)["security_groups"]
    default = next(group for group in everything if group["name"] == "default")
    assert check("network", "ListSecurityGroups", member.get(ALL, limit=1000)) == []
    # Neutron's twins for the two IP versions are one rule where they name a group.
    assert len([rule for rule in default["rules"] if rule["remote_group_id"]]) == 1


def test_in_use(member: Client, network: Any, instances: Instances) -> None:
    """A group that an interface is in stays, and the refusal names the interface."""
    group = create(member)
    instance_id, _seen = instances.make_active(security_groups=[{"name": PREFIX}])
    path = f"/api/v1/instances/{instance_id}/network-interfaces"
    (interface,) = member.get(path)["network_interfaces"]
    message = refused(member.request("DELETE", f"{ALL}/{group['id']}"), 409, "conflict")
    assert interface["id"] in message
    assert instance_id in message
    instances.remove(instance_id)
    assert member.delete(f"{ALL}/{group['id']}") == 204


def test_default_group(member: Client, persona: Callable[[str], Client]) -> None:
    """The project's default group is neither deleted nor renamed, by the admin neither."""
    groups = member.get(ALL, name="default", limit=1000)["security_groups"]
    group = next(one for one in groups if one["name"] == "default")
    path = f"{ALL}/{group['id']}"
    for client in (member, persona("kic-admin")):
        assert "cannot be deleted" in refused(client.request("DELETE", path), 409, "conflict")
        renamed = client.request("PUT", path, json={"security_group": {"name": "mine"}})
        assert "keeps its name" in refused(renamed, 409, "conflict")
    described = {"name": "default", "description": group["description"]}
    same = member.request("PUT", path, json={"security_group": described})
    assert same.status_code == 200, same.text


def test_roles(member: Client, persona: Callable[[str], Client], network: Any) -> None:
    """Members and admins work with groups, readers look, and to others they are not there."""
    group_id = create(persona("kic-admin"))["id"]
    rule = add(persona("kic-member2"), group_id, **SSH)
    path = f"{ALL}/{group_id}"
    reader = persona("kic-reader")
    assert shown(reader, group_id)["rules"][0]["id"] == rule["id"]
    requests = [
        ("POST", f"{path}/rules", {"security_group_rule": SSH}),
        ("DELETE", f"{path}/rules/{rule['id']}", None),
        ("PUT", path, {"security_group": {"name": f"{PREFIX}-stolen"}}),
        ("DELETE", path, None),
    ]
    for method, where, body in requests:
        assert reader.request(method, where, json=body).status_code == 403
        for stranger in ("kic-other", "kic-operator"):
            assert persona(stranger).request(method, where, json=body).status_code == 404
    for stranger in ("kic-other", "kic-operator"):
        assert persona(stranger).request("GET", path).status_code == 404
        listed = persona(stranger).get(ALL, limit=1000)["security_groups"]
        assert group_id not in {group["id"] for group in listed}
    assert reader.request("POST", ALL, json={"security_group": {"name": "x"}}).status_code == 403
    assert len(shown(member, group_id)["rules"]) == 1


def test_quota(member: Client, network: Any, cloud: Cloud) -> None:
    """A used-up quota is 403 with its name, and nothing half-made stays."""
    operator = cloud("kic-operator").network
    project = cloud("kic-member").current_project_id
    group_id = create(member)["id"]
    path = f"/quotas/{project}"
    before = operator.get(path).json()["quota"]
    try:
        for kind, request, words in (
            ("security_group", (ALL, {"security_group": {"name": f"{PREFIX}-2"}}), "groups"),
            (
                "security_group_rule",
                (f"{ALL}/{group_id}/rules", {"security_group_rule": SSH}),
                "group_rules",
            ),
        ):
            used = operator.get(f"{path}/details.json").json()["quota"][kind]["used"]
            operator.put(path, json={"quota": {kind: used}})
            response = member.request("POST", request[0], json=request[1])
            message = refused(response, 403, "quota_exceeded")
            assert f"quota of security_{words} does not" in message
            operator.put(path, json={"quota": {kind: before[kind]}})
    finally:
        for kind in ("security_group", "security_group_rule"):
            operator.put(path, json={"quota": {kind: before[kind]}})
    assert [group["id"] for group in member.get(ALL, name=PREFIX)["security_groups"]] == [group_id]
    assert enforced(network, group_id) == []
