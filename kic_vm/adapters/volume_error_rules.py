"""Rows of the error table about volumes and snapshots: see kic_vm.adapters.error_rules."""

import re
from typing import Final

from kic_vm.adapters.error_rule import Rule
from kic_vm.exceptions import Conflict, InvalidRequest

RULES: Final = tuple(
    Rule("block-storage", status, re.compile(pattern, re.IGNORECASE), error, sentence)
    for status, pattern, error, sentence in (
        (
            404,
            "Volume type .* could not be found",
            InvalidRequest,
            "volume_type_id: there is no such volume type.",
        ),
        (
            400,
            "Invalid volume_type provided",
            InvalidRequest,
            "volume_type_id: the source cannot be copied to this type: leave it out.",
        ),
        (
            400,
            r"availability.zone '.*' is invalid",
            InvalidRequest,
            "availability_zone: the cloud does not have this zone at present.",
        ),
        (
            400,
            "must be in the same availability zone",
            InvalidRequest,
            "availability_zone: must be the zone of what the volume is made from.",
        ),
        (
            400,
            "larger than volume size|minDisk|Image virtual size is",
            InvalidRequest,
            "size: the image needs a larger volume.",
        ),
        (
            400,
            "Image .* is (unacceptable|not active)|Invalid image identifier",
            InvalidRequest,
            "image_id: no volume can be made of this image.",
        ),
        (
            400,
            "must be >= original",
            InvalidRequest,
            "size: must not be below the size of what the volume is made from.",
        ),
        (
            400,
            r"Originating \w+( \w+)? status must be",
            Conflict,
            "What the volume is to be made from is not ready: look at its status.",
        ),
        (
            400,
            "must not be migrating, attached, belong to a group, have snapshots",
            Conflict,
            "The volume cannot be deleted now: it is in use, has snapshots or is being moved.",
        ),
        (
            400,
            "New size for extend must be greater",
            InvalidRequest,
            "new_size: must be larger than the volume is.",
        ),
        (
            400,
            "must not be part of a group",
            Conflict,
            "The snapshot cannot be deleted now: its status has to be available or error.",
        ),
        (
            400,
            "Invalid volume: ",
            Conflict,
            "The volume's state does not allow this: look at its status.",
        ),
    )
)
