# SPDX-License-Identifier: Apache-2.0
"""Checks of addresses that a caller chooses in a subnet."""

import ipaddress

from kic_vm import exceptions
from kic_vm.mappings.networks import reserved_addresses
from kic_vm.resources.network import SubnetSummary


def check_address(field: str, text: str, subnet: SubnetSummary) -> None:
    """Check that a network interface can have this address.

    :param field: the request field of the address, for the error
    :raises InvalidRequest: the address is outside the subnet, or reserved
    """
    address, cidr = ipaddress.ip_address(text), ipaddress.ip_network(subnet["cidr"])
    if address not in cidr:
        raise exceptions.InvalidField(field, f"{text} is not in {cidr}.")
    if str(address) in reserved_addresses(subnet):
        raise exceptions.InvalidField(
            field, f"{text} is reserved for the subnet itself: choose another one."
        )
