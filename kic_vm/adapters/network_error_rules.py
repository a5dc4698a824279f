"""Rows of the error table about networks: see kic_vm.adapters.error_rules."""

import re
from typing import Final

from kic_vm.adapters.error_rule import Rule
from kic_vm.exceptions import Conflict, InvalidRequest

RULES: Final = tuple(
    Rule("network", status, re.compile(pattern, re.IGNORECASE), error, sentence)
    for status, pattern, error, sentence in (
        (
            400,
            "overlaps with another subnet",
            Conflict,
            "cidr_block: another subnet of the VPC has addresses of this range.",
        ),
        (
            400,
            "overlaps with cidr",
            Conflict,
            "cidr_block: the VPC's route table leads to addresses of this range already.",
        ),
        (
            409,
            "RouterInterfaceInUseByFloatingIP",
            Conflict,
            "A public IP leads into the subnet: take it off its network interface first.",
        ),
        (
            409,
            "RouterInterfaceInUseByRoute",
            Conflict,
            "A route leads to an address in the subnet: delete the route first.",
        ),
        (
            409,
            "RouterExternalGatewayInUseByFloatingIp",
            Conflict,
            "Public IPs need this way to the internet: take them off their interfaces first.",
        ),
        (
            409,
            "SubnetInUse|NetworkInUse",
            Conflict,
            "It is in use: a network interface has been made in it.",
        ),
        (
            400,
            "is a multicast address|overlaps with multicast range",
            InvalidRequest,
            "allowed_address_pairs.ip_address: must not have multicast addresses in it.",
        ),
        (
            400,
            "InvalidRoutes",
            InvalidRequest,
            "target_id: the VPC's route table does not reach this instance.",
        ),
    )
)
