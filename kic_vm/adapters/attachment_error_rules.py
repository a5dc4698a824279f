"""Rows of the error table about what is attached to instances: see kic_vm.adapters.error_rules."""

import re
from typing import Final

from kic_vm.adapters.error_rule import Rule
from kic_vm.exceptions import Conflict, InvalidRequest

RULES: Final = tuple(
    Rule(service, status, re.compile(pattern, re.IGNORECASE), error, sentence)
    for service, status, pattern, error, sentence in (
        (
            "compute",
            400,
            "Cannot detach a root device volume",
            Conflict,
            "This is the instance's root volume: it can only go with the instance.",
        ),
        (
            "compute",
            400,
            "not in the same availability_?zone",
            Conflict,
            "The instance and the volume are in different availability zones.",
        ),
        (
            "compute",
            400,
            "is already attached to instances",
            Conflict,
            "The volume is attached to an instance already.",
        ),
        (
            "compute",
            400,
            "Unable to detach volume",
            Conflict,
            "The volume is busy: wait until its status is in_use.",
        ),
        (
            "compute",
            400,
            "Volume attachments can not be created|Invalid volume:",
            Conflict,
            "The volume is not free to be attached: its status has to be available.",
        ),
        (
            "network",
            400,
            r"AllowedAddressPairExhausted .* maximum (\d+)",
            InvalidRequest,
            "allowed_address_pairs: at most {1} are possible.",
        ),
        (
            "network",
            409,
            "AddressPairAndPortSecurityRequired",
            Conflict,
            "The network interface's security is switched off: it may send from every address.",
        ),
        (
            "network",
            409,
            "FloatingIPPortAlreadyAssociated",
            Conflict,
            "The network interface has a public IP already.",
        ),
        (
            "network",
            404,
            "ExternalGatewayForFloatingIPNotFound",
            Conflict,
            "The network interface's subnet has no way to the internet: it needs a gateway first.",
        ),
        (
            "network",
            400,
            "ExternalIpAddressExhausted",
            Conflict,
            "There is no free public IP left in this cloud.",
        ),
        (
            "network",
            400,
            "PortSecurityAndIPRequiredForSecurityGroups",
            Conflict,
            "The network interface's security is switched off: it takes no security group.",
        ),
        (
            "network",
            412,
            "RevisionNumberConstraintFailed",
            Conflict,
            "It was changed by somebody else at the same moment: look at it and try again.",
        ),
    )
)
