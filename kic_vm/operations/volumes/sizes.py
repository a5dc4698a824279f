"""How large a volume may be."""

from typing import Any

from kic_vm import exceptions
from kic_vm.mappings import images
from kic_vm.operations.request import RequestServices

JSON = dict[str, Any]


def check_size(
    services: RequestServices, field: str, size: int, *, has_windows: bool = False
) -> None:
    """Let a size through that [volume] allows.

    :param field: the body's field that has it
    :raises InvalidRequest: it is too large
    """
    limits = services.app_state.conf.volume
    if size > limits.max_size_gb:
        raise exceptions.InvalidRequest(f"{field}: a volume has at most {limits.max_size_gb} GB.")
    if has_windows and size > limits.max_windows_size_gb:
        raise exceptions.InvalidRequest(
            f"{field}: a volume with Windows has at most {limits.max_windows_size_gb} GB."
        )


def check_size_for_image(services: RequestServices, field: str, size: int, image: JSON) -> None:
    """Let a size through that is right for an image.

    :param image: Glance's
    :raises InvalidRequest: it is too small for the image, or too large
    """
    check_size(services, field, size, has_windows=images.is_windows(image))
    needed = images.least_volume_size(image)
    if size < needed:
        raise exceptions.InvalidRequest(f"{field}: the image needs at least {needed} GB.")
