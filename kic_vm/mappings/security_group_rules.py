"""Neutron's security group rules <-> rules of the contract.

The two models differ. A Neutron rule is for one IP version; a contract rule has no version, so a
rule with a remote group stands for one Neutron rule of each version. Neutron refuses a second rule
that differs only in its description. The contract allows it: to change a description, clients
create the new rule before they delete the old one. So a further description of a rule is stored as
a tag of its group.
"""

import base64
import binascii
import dataclasses
import ipaddress
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from kic_vm.mappings.times import utc

JSON = dict[str, Any]

ANYWHERE: Final = {"IPv4": "0.0.0.0/0", "IPv6": "::/0"}
TAG_MAXIMUM: Final = 255
_TAG: Final = "kic:rule:"
_HIDING_TAG: Final = "kic:rule-hidden:"
# Neutron accepts protocols by name and by number.
_PROTOCOLS: Final[dict[str | None, str]] = {
    None: "ALL",
    "tcp": "TCP",
    "6": "TCP",
    "udp": "UDP",
    "17": "UDP",
    "icmp": "ICMP",
    "1": "ICMP",
    "ipv6-icmp": "ICMP",
    "icmpv6": "ICMP",
    "58": "ICMP",
    "ipip": "IPIP",
    "4": "IPIP",
}
_NEUTRON_PROTOCOLS: Final = {"ALL": None, "TCP": "tcp", "UDP": "udp", "IPIP": "ipip"}
_WITH_PORTS: Final = {"TCP", "UDP"}
_ALL_PORTS: Final = (1, 65535)


@dataclasses.dataclass(frozen=True, slots=True)
class GroupRule:
    """A rule of the contract, with the Neutron rules behind it."""

    id: str
    description: str
    neutron: tuple[JSON, ...]
    """The Neutron rules that implement it, one for each IP version."""
    tag: str | None = None
    """The group's tag with its description; None if the description is that of the Neutron rule."""


def is_ours(tag: str) -> bool:
    """Whether the gateway set this tag of a group."""
    return tag.startswith((_TAG, _HIDING_TAG))


def tag_for(rule: GroupRule, description: str) -> str:
    """The tag with a further description of a rule; it may be longer than Neutron allows."""
    encoded = base64.urlsafe_b64encode(description.encode()).decode().rstrip("=")
    return f"{_TAG}{rule.neutron[0]['id']}:{encoded}"


def hiding_tag_for(rule: GroupRule) -> str:
    """The tag that hides a rule, so that only the rules with tagged descriptions remain."""
    return _HIDING_TAG + str(rule.neutron[0]["id"])


def rules_of(group: JSON) -> list[GroupRule]:
    """A group's rules in the contract's model, the oldest first.

    :param group: Neutron's security group with its rules and tags
    """
    descriptions = defaultdict(list)
    for tag in sorted(group["tags"]):
        rule_id, colon, encoded = tag.removeprefix(_TAG).partition(":")
        if tag.startswith(_TAG) and colon:
            descriptions[rule_id].append((tag, _decoded(encoded)))
    group_rules = []
    for rule in rules_from(group["security_group_rules"]):
        tagged = descriptions[rule.neutron[0]["id"]]
        if not tagged or hiding_tag_for(rule) not in group["tags"]:
            group_rules.append(rule)
        for tag, description in tagged:
            group_rules.append(GroupRule(_tagged_id(rule, tag), description, rule.neutron, tag))
    return group_rules


def rules_from(neutron_rules: Iterable[JSON]) -> list[GroupRule]:
    """Neutron's rules in the contract's model, the oldest first, without tagged descriptions."""
    versions: dict[tuple[Any, ...], list[JSON]] = {}
    for rule in sorted(neutron_rules, key=lambda rule: (rule["created_at"], rule["id"])):
        # Rules with a remote group are one rule for both versions; any other rule stands alone.
        has_remote_group = rule["remote_group_id"] is not None
        key = (*content_of(rule), rule["description"] or "") if has_remote_group else (rule["id"],)
        versions.setdefault(key, []).append(rule)
    group_rules = []
    for rules in versions.values():
        rules.sort(key=lambda rule: rule["ethertype"])
        group_rules.append(GroupRule(rules[0]["id"], rules[0]["description"] or "", tuple(rules)))
    return group_rules


def _decoded(encoded: str) -> str:
    try:
        padded = encoded + "=" * (-len(encoded) % 4)
        return base64.urlsafe_b64decode(padded).decode()
    except (binascii.Error, ValueError):
        return ""


def _tagged_id(rule: GroupRule, tag: str) -> str:
    return str(uuid.uuid5(uuid.UUID(rule.neutron[0]["id"]), tag))


def content_of(rule: JSON) -> tuple[Any, ...]:
    """The content of a Neutron rule in the contract's values, without its description.

    Direction, protocol, ports, remote range, remote group. A rule for any remote has the range of
    all addresses of its version, which is equivalent in Neutron.
    """
    protocol: str = _PROTOCOLS.get(rule["protocol"]) or rule["protocol"]
    remote = rule["remote_ip_prefix"]
    if not remote and not rule["remote_group_id"] and not rule.get("remote_address_group_id"):
        remote = ANYWHERE[rule["ethertype"]]
    return (
        rule["direction"],
        protocol,
        *_port_texts(protocol, rule["port_range_min"], rule["port_range_max"]),
        remote,
        rule["remote_group_id"],
    )


def _port_texts(protocol: str, first: int | None, last: int | None) -> tuple[str | None, ...]:
    """Ports as text; ALL for the whole range, which Neutron stores as null."""
    if protocol in _WITH_PORTS and (first, last) in {(None, None), _ALL_PORTS}:
        return "ALL", "ALL"
    return tuple(None if port is None else str(port) for port in (first, last))


def neutron_rules(group_id: str, request: JSON) -> list[JSON]:
    """The Neutron rules to create: one for each IP version that the request includes.

    :param request: SecurityGroupRuleCreateSchema, loaded
    """
    remote = request["remote_ip_prefix"]
    versions = [f"IPv{ipaddress.ip_network(remote).version}"] if remote else ["IPv4", "IPv6"]
    return [
        {
            "security_group_id": group_id,
            "direction": request["direction"],
            "ethertype": version,
            "protocol": _neutron_protocol(request["protocol"], version),
            "port_range_min": request["port_range_min"],
            "port_range_max": request["port_range_max"],
            "remote_ip_prefix": remote,
            "remote_group_id": request["remote_group_id"] and str(request["remote_group_id"]),
            "description": request["description"] or "",
        }
        for version in versions
    ]


def _neutron_protocol(protocol: str, version: str) -> str | None:
    if protocol == "ICMP":
        return "icmp" if version == "IPv4" else "ipv6-icmp"
    return _NEUTRON_PROTOCOLS[protocol]


def shown(rule: GroupRule) -> JSON:
    """The fields of a rule that every response has.

    A protocol that the contract does not have is shown as ALL, the nearest value that clients can
    parse, with its Neutron name in ``openstack_protocol``. The times are those of Neutron's rule.
    """
    first = rule.neutron[0]
    direction, protocol, port_min, port_max, remote, remote_group = content_of(first)
    is_known = protocol in _PROTOCOLS.values()
    return {
        "id": rule.id,
        "description": rule.description,
        "direction": direction,
        "protocol": protocol if is_known else "ALL",
        "port_range_min": port_min,
        "port_range_max": port_max,
        "remote_ip_prefix": remote,
        "remote_group_id": remote_group,
        "created_at": utc(first["created_at"]),
        "updated_at": utc(first["updated_at"]),
    } | ({} if is_known else {"openstack_protocol": protocol})


def read_rule(rule: GroupRule, group_names: Mapping[str, str]) -> JSON:
    """The contract's rule in the responses to get and list.

    :param group_names: names of the project's security groups by id
    """
    fields = shown(rule)
    return fields | {"remote_group_name": group_names.get(fields["remote_group_id"])}


def changed_rule(rule: GroupRule) -> JSON:
    """The contract's rule in the responses to creates and updates."""
    first = rule.neutron[0]
    return shown(rule) | {
        "project_id": first["project_id"],
        "security_group_id": first["security_group_id"],
    }
