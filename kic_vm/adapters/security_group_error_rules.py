"""Rows of the error table about security groups: see kic_vm.adapters.error_rules."""

import re
from typing import Final

from kic_vm.adapters.error_rule import Rule
from kic_vm.exceptions import AlreadyExists, Conflict

RULES: Final = tuple(
    Rule("network", status, re.compile(pattern, re.IGNORECASE), error, sentence)
    for status, pattern, error, sentence in (
        (
            409,
            "SecurityGroupDefaultAlreadyExists",
            AlreadyExists,
            "name: this is the name of the project's default security group: choose another one.",
        ),
        (
            409,
            "SecurityGroupRuleExists",
            AlreadyExists,
            "The security group has this rule already.",
        ),
        (
            409,
            "SecurityGroupInUse",
            Conflict,
            "The security group is in use by network interfaces: take them out of it first.",
        ),
        (
            400,
            "number of tags exceed",
            Conflict,
            "The group has too many rules that differ in their description only: delete one first.",
        ),
    )
)
