# SPDX-License-Identifier: Apache-2.0
"""Rules of security groups on real Neutron."""

from collections.abc import Callable
from typing import Any

import openstack
import pytest

from tests.functional.client import Client
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
NONE = "11111111-1111-4111-8111-111111111111"


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
