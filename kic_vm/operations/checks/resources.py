"""The cloud's flavors and images: whether they say of themselves what clients want to know."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

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

JSON = dict[str, Any]

_SHOWN: Final = 5


@failure_if_unreachable
def flavors(gateway: RequestServices) -> Finding:
    """Whether there are flavors, and each is complete."""
    found = gateway.openstack.compute.list_all_flavors()
    if not found:
        return failure("Nova has no flavors: make some, with openstack flavor create.")
    defects = {flavor["name"]: flavor_defects(flavor) for flavor in found}
    if any(defects.values()):
        return warning(
            f"Flavors are not complete: {_listed(defects)}. kic-vm-manage flavors check tells all, "
            "and openstack flavor set --property sets what is missing."
        )
    return success(f"All {len(found)} flavors are complete.")


@failure_if_unreachable
def images(gateway: RequestServices) -> Finding:
    """Whether there are public images, and each is complete."""
    found = [
        image
        for image in gateway.openstack.image.list_images(visibility="public")
        if image["status"] == "active"
    ]
    if not found:
        return warning("Glance has no public image: each project needs an image of its own.")
    defects = {str(image.get("name") or image["id"]): image_defects(image) for image in found}
    if any(defects.values()):
        return warning(
            f"Public images are not complete: {_listed(defects)}. openstack image set --property "
            "sets what is missing."
        )
    return success(f"All {len(found)} public images are complete.")


def _listed(defects: Mapping[str, Sequence[str]]) -> str:
    wrong = [f"{name} ({', '.join(some)})" for name, some in sorted(defects.items()) if some]
    more = len(wrong) - _SHOWN
    return "; ".join(wrong[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
