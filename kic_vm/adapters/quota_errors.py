"""What services say when a quota is used up: the table, and our error for it.

The messages are those of Nova 34, Cinder 29 and Neutron 29. Some of them leave out figures, or
even the quota.
"""

import re
from typing import Final, NamedTuple

from kic_vm.adapters import quotas
from kic_vm.exceptions import QuotaExceeded


class Rule(NamedTuple):
    """One row: the pattern's groups are the figures; ``quota`` is one, or given beside it."""

    service: str
    status: int
    pattern: re.Pattern[str]
    quota: str | None


RULES: Final = tuple(
    Rule(service, status, re.compile(pattern, re.IGNORECASE), quota)
    for service, status, pattern, quota in (
        # Of several quotas the first is named.
        (
            "compute",
            403,
            (
                r"exceeded for (?P<quota>\w+)[^:]*: Requested (?P<requested>\d+)[\d, ]*, but "
                r"already used (?P<used>\d+)[\d, ]* of (?P<limit>\d+)"
            ),
            None,
        ),
        ("compute", 403, "Quota exceeded, too many key pairs", "key_pairs"),
        ("compute", 403, "Quota exceeded", None),
        (
            "block-storage",
            413,
            (
                r"exceeds allowed (?P<quota>\S+) quota. Requested (?P<requested>\d+)G, quota is "
                r"(?P<limit>\d+)G and (?P<used>\d+)G has been"
            ),
            None,
        ),
        (
            "block-storage",
            413,
            r"Maximum number of (?P<quota>\w+) allowed \((?P<limit>\d+)\) exceeded",
            None,
        ),
        (
            "block-storage",
            413,
            (
                r"Requested volume size (?P<requested>\d+)G is larger than maximum allowed limit "
                r"(?P<limit>\d+)G"
            ),
            "per_volume_gigabytes",
        ),
        ("network", 409, r"Quota exceeded for resources: \['(?P<quota>\w+)'", None),
        (
            "network",
            400,
            r"RoutesExhausted .* exceeds the maximum (?P<limit>\d+)",
            "router_route",
        ),
        (
            "image",
            413,
            r"number of allowed image members .* Maximum: (?P<limit>\d+)",
            "image_members",
        ),
        # Of Neutron's quota, by Nova.
        ("compute", 403, "Maximum number of ports exceeded", "ports"),
    )
)


def recognise(service: str, status: int, message: str) -> QuotaExceeded | None:
    """Our error, with what the service says of the quota; None where it is about something else."""
    for rule in RULES:
        if (rule.service, rule.status) != (service, status):
            continue
        match = rule.pattern.search(message)
        if match:
            said = match.groupdict()
            quota = said.pop("quota", rule.quota)
            return QuotaExceeded(
                quota=quotas.name_of(service, quota) if quota else None,
                **{name: int(figure) for name, figure in said.items()},
            )
    return None
