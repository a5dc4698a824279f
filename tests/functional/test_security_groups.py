# SPDX-License-Identifier: Apache-2.0
"""Security groups and their rules on real Neutron."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openstack
import pytest

from tests.contract import check
from tests.functional.client import Client
from tests.functional.instances import Instances

JSON = dict[str, Any]
Cloud = Callable[[str], openstack.connection.Connection]
ALL = "/api/v1/security-groups"
PREFIX = "functional-group"
SSH: JSON = {
    "direction": "ingress",
    "protocol": "TCP",
    "port_range_min": 22,
    "port_range_max": 22,
    "remote_ip_prefix": "10.0.0.0/8",
}
NONE = "11111111-1111-4111-8111-111111111111"


@pytest.fixture
def network(cloud: Cloud) -> Iterator[Any]:
    """Neutron as the member sees it; the test's groups are removed after it."""
    found = cloud("kic-member").network
    yield found
    for group in found.security_groups(project_id=cloud("kic-member").current_project_id):
        if group.name.startswith(PREFIX):
            found.delete_security_group(group)


def create(client: Client, name: str = PREFIX, **more: Any) -> JSON:
    """A new group."""
    body = {"security_group": {"name": name} | more}
    response = client.request("POST", ALL, json=body)
    assert response.status_code == 201, response.text
    assert check("network", "CreateSecurityGroup", response.json()) == []
    group: JSON = response.json()["security_group"]
    return group


def test_name_that_many_want(member: Client, network: Any) -> None:
    """Of several requests at once at most one gets a name, and the others leave nothing."""
    body = {"security_group": {"name": f"{PREFIX}-wanted"}}
    with ThreadPoolExecutor(5) as pool:
        asked = [pool.submit(member.request, "POST", ALL, json=body) for _number in range(5)]
    statuses = [one.result().status_code for one in asked]
    assert statuses.count(201) <= 1
    assert set(statuses) <= {201, 409}
    assert len(list(network.security_groups(name=f"{PREFIX}-wanted"))) == statuses.count(201)


def add(client: Client, group_id: str, **rule: Any) -> JSON:
    """A new rule."""
    response = client.request("POST", f"{ALL}/{group_id}/rules", json={"security_group_rule": rule})
    assert response.status_code == 201, response.text
    assert check("network", "CreateSecurityGroupRule", response.json()) == []
    added: JSON = response.json()["security_group_rule"]
    return added


def shown(client: Client, group_id: str) -> JSON:
    """A group."""
    body = client.get(f"{ALL}/{group_id}")
    assert check("network", "GetSecurityGroup", body) == []
    group: JSON = body["security_group"]
    return group


def enforced(network: Any, group_id: str) -> list[JSON]:
    """Neutron's own rules of a group."""
    answer = network.get(f"/security-group-rules?security_group_id={group_id}")
    rules: list[JSON] = answer.json()["security_group_rules"]
    return rules


def refused(response: Any, status: int, code: str) -> str:
    """The message of a refusal."""
    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert error["code"] == code
    return str(error["message"])


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


def test_rules(member: Client, network: Any) -> None:
    """Each kind of rule comes back as it was asked for, and Neutron enforces that and no more."""
    group_id = create(member)["id"]
    other = create(member, f"{PREFIX}-other")
    asked = [
        SSH | {"description": "from the office"},
        SSH | {"protocol": "UDP", "port_range_max": 80, "remote_ip_prefix": "0.0.0.0/0"},
        SSH | {"port_range_min": 1, "port_range_max": 65535},
        {"direction": "egress", "protocol": "ALL", "remote_ip_prefix": "0.0.0.0/0"},
        {"direction": "egress", "protocol": "ALL", "remote_ip_prefix": "::/0"},
        {"direction": "ingress", "protocol": "ICMP", "remote_ip_prefix": "192.0.2.7/32"},
        {"direction": "ingress", "protocol": "ICMP", "remote_ip_prefix": "2001:db8::/32"},
        {"direction": "ingress", "protocol": "IPIP", "remote_ip_prefix": "192.0.2.0/24"},
        {"direction": "ingress", "protocol": "ICMP", "remote_group_id": other["id"]},
        SSH | {"remote_ip_prefix": None, "remote_group_id": group_id},
    ]
    added = [add(member, group_id, **rule) for rule in asked]
    seen = {rule["id"]: rule for rule in shown(member, group_id)["rules"]}
    assert seen.keys() == {rule["id"] for rule in added}
    for rule, made in zip(asked, added, strict=True):
        for key in ("direction", "protocol", "remote_ip_prefix", "remote_group_id"):
            assert seen[made["id"]][key] == made[key] == rule.get(key), rule
        assert seen[made["id"]]["description"] == rule.get("description", "")
    ports = [
        (seen[one["id"]]["port_range_min"], seen[one["id"]]["port_range_max"]) for one in added
    ]
    assert ports == [
        ("22", "22"),
        ("22", "80"),
        ("ALL", "ALL"),
        *[(None, None)] * 6,
        ("22", "22"),
    ]
    names = {rule["remote_group_id"]: rule["remote_group_name"] for rule in seen.values()}
    assert names == {None: None, other["id"]: other["name"], group_id: PREFIX}
    # What names a group is enforced for both IP versions.
    assert len(enforced(network, group_id)) == len(asked) + 2

    for made in added:
        assert member.delete(f"{ALL}/{group_id}/rules/{made['id']}") == 204
        assert member.delete(f"{ALL}/{group_id}/rules/{made['id']}") == 404
    assert shown(member, group_id)["rules"] == enforced(network, group_id) == []


@pytest.mark.parametrize(
    "remote", ["192.0.2.7/32", "0.0.0.0/0", "a group"], ids=["host", "anywhere", "group"]
)
def test_new_description(member: Client, network: Any, remote: str) -> None:
    """The same rule with another description is added before the old one is deleted."""
    group_id = create(member)["id"]
    new_text = "새로운 설명 / new " * 19  # 247 characters: more than a tag of Neutron has room for
    rule = SSH | {"remote_ip_prefix": remote}
    if remote == "a group":
        rule = SSH | {"remote_ip_prefix": None, "remote_group_id": group_id}
    path = f"{ALL}/{group_id}/rules"
    old = add(member, group_id, **rule, description="old")
    again = member.request(
        "POST", path, json={"security_group_rule": rule | {"description": "old"}}
    )
    assert old["id"] in refused(again, 409, "already_exists")
    before = enforced(network, group_id)

    new = add(member, group_id, **rule, description=new_text)
    third = add(member, group_id, **rule)
    assert len({old["id"], new["id"], third["id"]}) == 3
    group = shown(member, group_id)
    described = {one["id"]: one["description"] for one in group["rules"]}
    assert described == {old["id"]: "old", new["id"]: new_text, third["id"]: ""}
    assert group["tags"] == []
    assert enforced(network, group_id) == before

    assert member.delete(f"{path}/{old['id']}") == 204
    described = {one["id"]: one["description"] for one in shown(member, group_id)["rules"]}
    assert described == {new["id"]: new_text, third["id"]: ""}
    assert member.delete(f"{path}/{old['id']}") == 404
    assert enforced(network, group_id) == before
    renamed = {"security_group": {"name": f"{PREFIX}-renamed"}}
    response = member.request("PUT", f"{ALL}/{group_id}", json=renamed)
    assert len(response.json()["security_group"]["rules"]) == 2

    back = add(member, group_id, **rule, description="old")
    for one in (third, new, back):
        assert member.delete(f"{path}/{one['id']}") == 204
    assert shown(member, group_id)["rules"] == enforced(network, group_id) == []
    assert network.get(f"/security-groups/{group_id}").json()["security_group"]["tags"] == []


def test_made_elsewhere(member: Client, network: Any) -> None:
    """A group made around the gateway shows what it lets through, and can be worked with."""
    made = network.create_security_group(name=f"{PREFIX}-elsewhere")
    network.create_security_group_rule(
        security_group_id=made.id,
        direction="ingress",
        protocol="sctp",
        remote_ip_prefix="10.1.0.0/16",
    )
    network.create_security_group_rule(
        security_group_id=made.id, direction="ingress", protocol="icmp", port_range_min=8
    )
    rules = shown(member, made.id)["rules"]
    said = {
        (
            rule["direction"],
            rule["protocol"],
            rule["port_range_min"],
            rule["remote_ip_prefix"],
            rule.get("openstack_protocol"),
        )
        for rule in rules
    }
    assert said == {
        ("egress", "ALL", None, "0.0.0.0/0", None),
        ("egress", "ALL", None, "::/0", None),
        ("ingress", "ALL", None, "10.1.0.0/16", "sctp"),
        ("ingress", "ICMP", "8", "0.0.0.0/0", None),
    }
    for rule in rules:
        assert member.delete(f"{ALL}/{made.id}/rules/{rule['id']}") == 204
    assert enforced(network, made.id) == []


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


def test_bad_rules(member: Client, cloud: Cloud, network: Any) -> None:
    """What cannot be a rule is refused by the name of its field, and nothing is made."""
    group_id = create(member)["id"]
    theirs = next(iter(cloud("kic-other").network.security_groups())).id
    path = f"{ALL}/{group_id}/rules"
    for changes, field in (
        ({"port_range_min": 0}, "port_range_min"),
        ({"port_range_max": 65536}, "port_range_max"),
        ({"port_range_min": 23}, "port_range_max"),
        ({"port_range_max": None}, "port_range_max"),
        ({"port_range_min": "22"}, "port_range_min"),
        ({"protocol": "tcp"}, "protocol"),
        ({"protocol": "SCTP"}, "protocol"),
        ({"protocol": "ICMP"}, "port_range_min"),
        ({"direction": "in"}, "direction"),
        ({"remote_ip_prefix": "10.0.0.1/8"}, "remote_ip_prefix"),
        ({"remote_ip_prefix": "10.0.0.1"}, "remote_ip_prefix"),
        ({"remote_ip_prefix": "2001:DB8::/32"}, "remote_ip_prefix"),
        ({"remote_ip_prefix": "anybody"}, "remote_ip_prefix"),
        ({"remote_ip_prefix": None}, "remote_ip_prefix"),
        ({"remote_group_id": group_id}, "remote_group_id"),
        ({"remote_ip_prefix": None, "remote_group_id": NONE}, "remote_group_id"),
        ({"remote_ip_prefix": None, "remote_group_id": theirs}, "remote_group_id"),
        ({"description": "x" * 256}, "description"),
        ({"description": "\N{GRINNING FACE}"}, "description"),
        ({"colour": "red"}, "colour"),
    ):
        body = {"security_group_rule": SSH | changes}
        message = refused(member.request("POST", path, json=body), 400, "invalid_request")
        assert field in message, (changes, message)
    assert enforced(network, group_id) == []


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
