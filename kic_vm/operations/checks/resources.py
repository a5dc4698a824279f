# SPDX-License-Identifier: Apache-2.0
"""Checks of flavors and images: whether they have the properties that clients show."""

from collections.abc import Mapping, Sequence
from typing import Final

from kic_vm.mappings.flavor_defects import defects_of as flavor_defects
from kic_vm.mappings.image_defects import defects_of as image_defects
from kic_vm.operations.checks.finding import (
    Finding,
    failure,
    failure_if_unreachable,
    success,
    warning,
)
from kic_vm.operations.request import RequestServices

_SHOWN: Final = 5


@failure_if_unreachable
def flavors(gateway: RequestServices) -> Finding:
    """Whether there are flavors, and all of them are complete."""
    listed = gateway.openstack.compute.list_all_flavors()
    if not listed:
        return failure("Nova has no flavors: create some with openstack flavor create.")
    defects = {flavor["name"]: flavor_defects(flavor) for flavor in listed}
    if any(defects.values()):
        return warning(
            f"Some flavors are incomplete: {_summary(defects)}. kic-vm-manage flavors check lists "
            "all of them; set missing properties with openstack flavor set --property."
        )
    return success(f"All {len(listed)} flavors are complete.")


@failure_if_unreachable
def images(gateway: RequestServices) -> Finding:
    """Whether there are public images, and all of them are complete."""
    public = [
        image
        for image in gateway.openstack.image.list_images(visibility="public")
        if image["status"] == "active"
    ]
    if not public:
        return warning("Glance has no public images: each project needs its own image.")
    defects = {str(image.get("name") or image["id"]): image_defects(image) for image in public}
    if any(defects.values()):
        return warning(
            f"Some public images are incomplete: {_summary(defects)}. Set missing properties with "
            "openstack image set --property."
        )
    return success(f"All {len(public)} public images are complete.")


def _summary(defects: Mapping[str, Sequence[str]]) -> str:
    incomplete = [
        f"{name} ({', '.join(problems)})" for name, problems in sorted(defects.items()) if problems
    ]
    more = len(incomplete) - _SHOWN
    return "; ".join(incomplete[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
