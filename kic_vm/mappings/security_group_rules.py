"""Neutron's security group rules <-> rules of the contract.

The two differ in what a rule is. Neutron's is for one IP version; the contract's has none, so what
names a remote group stands for one rule of each version. Neutron takes no second rule that differs
in its description only; the contract does, and clients make the new one before they delete the old
one to change a description. So a further description of a rule is a tag of its group, or several
where it is too long for one.
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
from typing import Any, Final, NamedTuple

from kic_vm.mappings.times import utc

JSON = dict[str, Any]

ANYWHERE: Final = {"IPv4": "0.0.0.0/0", "IPv6": "::/0"}
TAG_MAXIMUM: Final = 255
_TAG: Final = "kic:rule:"
_PART_TAG: Final = "kic:rule-part:"
_HIDING_TAG: Final = "kic:rule-hidden:"
# One of several tags: the rule, a digest of the description, which part of how many, and the part.
_PART: Final = re.compile(
    f"{_PART_TAG}(?P<rule>[^:]+):(?P<digest>[0-9a-f]+):[0-9]:(?P<count>[0-9]):(?P<text>.*)"
)
_DIGEST_LENGTH: Final = 8
# Neutron names protocols, and takes their numbers as well.
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
    """A rule as the contract has it, and what stands behind it."""

    id: str
    description: str
    neutron: tuple[JSON, ...]
    """Neutron's rules that do what it says: one for each IP version."""
    tags: tuple[str, ...] = ()
    """Where its description is noted; none where it is Neutron's own."""


class _Note(NamedTuple):
    """A further description of a rule."""

    name: str
    """What the tag would be if one were long enough; the rule's id is made of it."""
    description: str
    tags: tuple[str, ...]


def is_ours(tag: str) -> bool:
    """Whether a group's tag is the gateway's."""
    return tag.startswith((_TAG, _PART_TAG, _HIDING_TAG))


def tags_for(rule: GroupRule, description: str) -> tuple[str, ...]:
    """The tags that note a further description for a rule: it is there when all of them are."""
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
    """The tag that says that of a rule only the noted descriptions are left."""
    return _HIDING_TAG + str(rule.neutron[0]["id"])


def rules_of(group: JSON) -> list[GroupRule]:
    """A group's rules as the contract has them, the oldest first.

    :param group: Neutron's security group, its rules and tags in it
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
    """The further descriptions that a group's tags note, by the id of Neutron's rule."""
    noted = defaultdict(list)
    parts: dict[tuple[str, str, str], dict[str, str]] = defaultdict(dict)
    for tag in sorted(tags):
        rule_id, colon, encoded = tag.removeprefix(_TAG).partition(":")
        if tag.startswith(_TAG) and colon:
            noted[rule_id].append(_Note(tag, _decoded(encoded), (tag,)))
        elif match := _PART.fullmatch(tag):
            parts[match["rule"], match["digest"], match["count"]][tag] = match["text"]
    for (rule_id, _digest, count), texts in parts.items():
        if len(texts) == int(count):  # else some are yet to come, or to go
            encoded = "".join(texts.values())
            note = _Note(f"{_TAG}{rule_id}:{encoded}", _decoded(encoded), tuple(texts))
            noted[rule_id].append(note)
    return noted


def rules_from(neutron_rules: Iterable[JSON]) -> list[GroupRule]:
    """Neutron's rules as the contract has them, the oldest first, without what tags note."""
    versions: dict[tuple[Any, ...], list[JSON]] = {}
    for rule in sorted(neutron_rules, key=lambda rule: (rule["created_at"], rule["id"])):
        # What names a group is one rule here for both versions; anything else is one each.
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


def content_of(rule: JSON) -> tuple[Any, ...]:
    """What of a Neutron rule a contract's rule says beside its description.

    Direction, protocol, ports, remote range, remote group. A rule for everybody reads as the range
    of all addresses of its version, which is the same to Neutron.
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
    """Ports as text; the whole range, which Neutron keeps as none, is ALL."""
    if protocol in _WITH_PORTS and (first, last) in {(None, None), _ALL_PORTS}:
        return "ALL", "ALL"
    return tuple(None if port is None else str(port) for port in (first, last))


def neutron_rules(group_id: str, wanted: JSON) -> list[JSON]:
    """What to ask Neutron for: one rule for each IP version that is meant.

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
            "remote_group_id": wanted["remote_group_id"] and str(wanted["remote_group_id"]),
            "description": wanted["description"] or "",
        }
        for version in versions
    ]


def _neutron_protocol(protocol: str, version: str) -> str | None:
    if protocol == "ICMP":
        return "icmp" if version == "IPv4" else "ipv6-icmp"
    return _NEUTRON_PROTOCOLS[protocol]


def shown(rule: GroupRule) -> JSON:
    """What every answer says of a rule.

    A protocol that the contract does not have reads ALL, the nearest that its clients can read; its
    own name stands beside that. The times are those of Neutron's rule.
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
    """The contract's rule as get and list show it.

    :param group_names: names of the project's security groups by id
    """
    found = shown(rule)
    return found | {"remote_group_name": group_names.get(found["remote_group_id"])}


def changed_rule(rule: GroupRule) -> JSON:
    """The contract's rule as the answers to changes show it."""
    first = rule.neutron[0]
    return shown(rule) | {
        "project_id": first["project_id"],
        "security_group_id": first["security_group_id"],
    }
