# SPDX-License-Identifier: Apache-2.0
"""Neutron's security group rules <-> rules of the contract.

They define a rule differently. A Neutron rule has an IP version; a rule of the contract has none,
so a rule with a remote group stands for one Neutron rule per version. Neutron refuses a second rule
that differs only in its description. The contract allows it: to change a description, clients
create the new rule before they delete the old one. So each further description of a rule is stored
as a tag of its group, or as several tags if it is too long for one.
"""

import base64
import binascii
import dataclasses
import hashlib
import ipaddress
import re
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, NotRequired, TypedDict

from kic_vm.mappings.times import utc
from kic_vm.resources.security_groups import (
    SecurityGroup,
    SecurityGroupRule,
    SecurityGroupRuleRequest,
)
from kic_vm.schemas.security_groups import SecurityGroupRuleCreateBody

ANYWHERE: Final = {"IPv4": "0.0.0.0/0", "IPv6": "::/0"}
TAG_MAXIMUM: Final = 255
_TAG: Final = "kic:rule:"
_PART_TAG: Final = "kic:rule-part:"
_HIDING_TAG: Final = "kic:rule-hidden:"
# One of several tags: the rule, a digest of the description, part number, part count, the part.
_PART: Final = re.compile(
    f"{_PART_TAG}(?P<rule>[^:]+):(?P<digest>[0-9a-f]+):[0-9]:(?P<count>[0-9]):(?P<text>.*)"
)
_DIGEST_LENGTH: Final = 8
# Neutron returns protocols by name, and also accepts their numbers.
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


class _RuleFields(TypedDict):
    """The fields of a rule in all responses."""

    id: str
    description: str
    direction: str
    protocol: str
    openstack_protocol: NotRequired[str]
    port_range_min: str | None
    port_range_max: str | None
    remote_ip_prefix: str | None
    remote_group_id: str | None
    created_at: str
    updated_at: str


class SecurityGroupRuleView(_RuleFields):
    """A rule in the responses to get and list; see SecurityGroupRuleSchema."""

    remote_group_name: str | None


class ChangedSecurityGroupRuleView(_RuleFields):
    """A rule in the responses to changes; see ChangedSecurityGroupRuleSchema."""

    project_id: str
    security_group_id: str


@dataclasses.dataclass(frozen=True, slots=True)
class GroupRule:
    """A rule of the contract, with the Neutron rules and tags that implement it."""

    id: str
    description: str
    neutron: tuple[SecurityGroupRule, ...]
    """The Neutron rules that implement it: one for each IP version."""
    tags: tuple[str, ...] = ()
    """The tags that store its description; none if Neutron's rule has it."""


class _Note(NamedTuple):
    """A further description of a rule."""

    name: str
    """The tag if one tag could hold it all; the rule's id is derived from it."""
    description: str
    tags: tuple[str, ...]


def is_ours(tag: str) -> bool:
    """Whether the gateway has set this tag on a group."""
    return tag.startswith((_TAG, _PART_TAG, _HIDING_TAG))


def tags_for(rule: GroupRule, description: str) -> tuple[str, ...]:
    """The tags that store a further description of a rule; it counts only if all are set."""
    rule_id = rule.neutron[0]["id"]
    encoded = base64.urlsafe_b64encode(description.encode()).decode().rstrip("=")
    whole = f"{_TAG}{rule_id}:{encoded}"
    if len(whole) <= TAG_MAXIMUM:
        return (whole,)
    digest = hashlib.sha256(whole.encode()).hexdigest()[:_DIGEST_LENGTH]
    length = TAG_MAXIMUM - len(f"{_PART_TAG}{rule_id}:{digest}:0:0:")
    parts = [encoded[start : start + length] for start in range(0, len(encoded), length)]
    return tuple(
        f"{_PART_TAG}{rule_id}:{digest}:{number}:{len(parts)}:{part}"
        for number, part in enumerate(parts)
    )


def hiding_tag_for(rule: GroupRule) -> str:
    """The tag that marks a rule's own description as deleted; those in tags remain."""
    return _HIDING_TAG + str(rule.neutron[0]["id"])


def rules_of(group: SecurityGroup) -> list[GroupRule]:
    """A group's rules as rules of the contract, oldest first.

    :param group: Neutron's security group with its rules and tags
    """
    noted = _notes_in(group["tags"])
    found = []
    for rule in rules_from(group["security_group_rules"]):
        notes = noted[rule.neutron[0]["id"]]
        if not notes or hiding_tag_for(rule) not in group["tags"]:
            found.append(rule)
        for note in notes:
            noted_id = str(uuid.uuid5(uuid.UUID(rule.neutron[0]["id"]), note.name))
            found.append(GroupRule(noted_id, note.description, rule.neutron, note.tags))
    return found


def _notes_in(tags: Iterable[str]) -> Mapping[str, list[_Note]]:
    """The further descriptions stored in a group's tags, by the id of the Neutron rule."""
    noted = defaultdict(list)
    parts: dict[tuple[str, str, str], dict[str, str]] = defaultdict(dict)
    for tag in sorted(tags):
        rule_id, colon, encoded = tag.removeprefix(_TAG).partition(":")
        if tag.startswith(_TAG) and colon:
            noted[rule_id].append(_Note(tag, _decoded(encoded), (tag,)))
        elif match := _PART.fullmatch(tag):
            parts[match["rule"], match["digest"], match["count"]][tag] = match["text"]
    for (rule_id, _digest, count), texts in parts.items():
        if len(texts) == int(count):  # otherwise some are not yet added, or not yet removed
            encoded = "".join(texts.values())
            note = _Note(f"{_TAG}{rule_id}:{encoded}", _decoded(encoded), tuple(texts))
            noted[rule_id].append(note)
    return noted


def rules_from(neutron_rules: Iterable[SecurityGroupRule]) -> list[GroupRule]:
    """Neutron's rules as rules of the contract, oldest first, without those stored in tags."""
    versions: dict[tuple[Any, ...], list[SecurityGroupRule]] = {}
    for rule in sorted(neutron_rules, key=lambda rule: (rule["created_at"], rule["id"])):
        # Two rules with a remote group, one per IP version, are one rule here; others stay single.
        is_twin = rule["remote_group_id"] is not None
        key = (*content_of(rule), rule["description"] or "") if is_twin else (rule["id"],)
        versions.setdefault(key, []).append(rule)
    found = []
    for rules in versions.values():
        rules.sort(key=lambda rule: rule["ethertype"])
        found.append(GroupRule(rules[0]["id"], rules[0]["description"] or "", tuple(rules)))
    return found


def _decoded(encoded: str) -> str:
    try:
        padded = encoded + "=" * (-len(encoded) % 4)
        return base64.urlsafe_b64decode(padded).decode()
    except (binascii.Error, ValueError):
        return ""


def content_of(rule: SecurityGroupRuleRequest) -> tuple[Any, ...]:
    """The fields of a Neutron rule that appear in the contract, except the description.

    Direction, protocol, ports, remote range, remote group. A rule without a remote gets the range
    of all addresses of its IP version, which means the same in Neutron.
    """
    protocol: str = _PROTOCOLS.get(rule["protocol"]) or str(rule["protocol"])
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


def neutron_rules(
    group_id: str, wanted: SecurityGroupRuleCreateBody
) -> list[SecurityGroupRuleRequest]:
    """The rules to create in Neutron: one for each IP version that the request covers.

    :param wanted: SecurityGroupRuleCreateSchema, loaded
    """
    remote = wanted["remote_ip_prefix"]
    versions = [f"IPv{ipaddress.ip_network(remote).version}"] if remote else ["IPv4", "IPv6"]
    return [
        {
            "security_group_id": group_id,
            "direction": wanted["direction"],
            "ethertype": version,
            "protocol": _neutron_protocol(wanted["protocol"], version),
            "port_range_min": wanted["port_range_min"],
            "port_range_max": wanted["port_range_max"],
            "remote_ip_prefix": remote,
            "remote_group_id": str(wanted["remote_group_id"])
            if wanted["remote_group_id"]
            else None,
            "description": wanted["description"] or "",
        }
        for version in versions
    ]


def _neutron_protocol(protocol: str, version: str) -> str | None:
    if protocol == "ICMP":
        return "icmp" if version == "IPv4" else "ipv6-icmp"
    return _NEUTRON_PROTOCOLS[protocol]


def shown(rule: GroupRule) -> _RuleFields:
    """The fields of a rule that every response has.

    A protocol that the contract lacks is shown as ALL, the closest value that clients accept; an
    additional field has its real name. The times are those of Neutron's rule.
    """
    first = rule.neutron[0]
    direction, protocol, port_min, port_max, remote, remote_group = content_of(first)
    is_known = protocol in _PROTOCOLS.values()
    fields: _RuleFields = {
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
    }
    if not is_known:
        fields["openstack_protocol"] = protocol
    return fields


def read_rule(rule: GroupRule, group_names: Mapping[str, str]) -> SecurityGroupRuleView:
    """The contract's rule, as returned by get and list.

    :param group_names: names of the project's security groups by id
    """
    fields = shown(rule)
    return {**fields, "remote_group_name": group_names.get(fields["remote_group_id"] or "")}


def changed_rule(rule: GroupRule) -> ChangedSecurityGroupRuleView:
    """The contract's rule, as returned after changes."""
    first = rule.neutron[0]
    return {
        **shown(rule),
        "project_id": first["project_id"],
        "security_group_id": first["security_group_id"],
    }
