"""Which of the backends' words mean which of our errors: the table.

A row is (service, status, pattern in the backend's message, our error, our sentence); the first
one that matches counts. The messages are those of Nova 34, Cinder 29, Glance 33, Neutron 29 and
Keystone 30; one that no row knows is answered by its status alone.
"""

import re
from typing import Final

from kic_vm.adapters import (
    attachment_error_rules,
    image_error_rules,
    network_error_rules,
    security_group_error_rules,
    volume_error_rules,
)
from kic_vm.adapters.error_rule import Rule
from kic_vm.exceptions import (
    AlreadyExists,
    AlreadyUnderWay,
    Conflict,
    InvalidRequest,
)

_ADDRESS_TAKEN = (
    "subnets.private_ip: this address is in use already: choose another one or leave it out."
)

_OTHERS: Final = (
    attachment_error_rules.RULES
    + image_error_rules.RULES
    + network_error_rules.RULES
    + security_group_error_rules.RULES
    + volume_error_rules.RULES
)

RULES: Final = _OTHERS + tuple(
    Rule(service, status, re.compile(pattern, re.IGNORECASE), error, sentence)
    for service, status, pattern, error, sentence in (
        (
            "compute",
            400,
            "Invalid key_name provided",
            InvalidRequest,
            "key_name: there is no keypair of this name in the project.",
        ),
        (
            "compute",
            400,
            "Keypair data is invalid|failed to generate fingerprint",
            InvalidRequest,
            "public_key: this is not a public key in OpenSSH's format.",
        ),
        (
            "compute",
            409,
            "Key pair .* already exists",
            AlreadyExists,
            "There is a keypair of this name already: choose another name.",
        ),
        (
            "compute",
            400,
            "Flavor's (disk|memory) is too small",
            InvalidRequest,
            "The flavor is too small for the image: look at the image's min_ram and min_disk.",
        ),
        (
            "compute",
            400,
            "Volume is smaller than the minimum size|smaller than the image",
            InvalidRequest,
            "volumes: a volume is smaller than its image's min_disk.",
        ),
        (
            "compute",
            400,
            "instances must change flavor",
            InvalidRequest,
            "flavor.id: the instance has this flavor already: choose another one.",
        ),
        (
            "compute",
            400,
            "Flavor .* could not be found",
            InvalidRequest,
            "There is no such flavor for this project.",
        ),
        (
            "compute",
            400,
            "disk was unable to be resized",
            InvalidRequest,
            "flavor.id: the disk of the instance does not fit into this flavor's.",
        ),
        (
            "compute",
            400,
            "Instance has not been resized",
            AlreadyUnderWay,
            "The resize of the instance is being confirmed or reverted already.",
        ),
        (
            "compute",
            400,
            "failed to get volume",
            InvalidRequest,
            "volumes.uuid: there is no volume of this id in the project.",
        ),
        (
            "compute",
            400,
            "failed to get image|Image .* could not be found",
            InvalidRequest,
            "image_id: there is no image of this id for the project.",
        ),
        (
            "compute",
            400,
            "Image .* is not active|is unacceptable",
            InvalidRequest,
            "image_id: no machine can be made of this image.",
        ),
        (
            "compute",
            400,
            "volume type",
            InvalidRequest,
            "volumes.type_id: there is no volume type of this id.",
        ),
        (
            "compute",
            400,
            "Security group .* not found|Unable to find security_group",
            InvalidRequest,
            "security_groups: a group of this name is not in the project.",
        ),
        ("compute", 400, "Fixed IP .* already in use", Conflict, _ADDRESS_TAKEN),
        (
            "compute",
            400,
            "No fixed IP addresses available|No more IP addresses",
            Conflict,
            "subnets: this subnet has no free address left.",
        ),
        (
            "compute",
            409,
            "Port .* is (still )?in use",
            Conflict,
            "subnets.network_interface_id: this network interface is in use already.",
        ),
        (
            "compute",
            400,
            "availability zone",
            InvalidRequest,
            "availability_zone: the cloud does not have this zone at present.",
        ),
        (
            "compute",
            409,
            "is locked",
            Conflict,
            "The instance is locked: have it unlocked before you change it.",
        ),
        (
            "network",
            409,
            "IpAddressAlreadyAllocated",
            Conflict,
            "private_ip: this address is in use already: choose another one or leave it out.",
        ),
        (
            "network",
            409,
            "IpAddressGenerationFailure",
            Conflict,
            "The subnet has no free address left.",
        ),
    )
)
