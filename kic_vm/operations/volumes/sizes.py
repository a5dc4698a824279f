# SPDX-License-Identifier: Apache-2.0
"""The allowed sizes of volumes."""

from kic_vm import exceptions
from kic_vm.exceptions import FieldErrorCode
from kic_vm.mappings import images
from kic_vm.operations.request import RequestServices
from kic_vm.resources.image import Image


def check_size(
    services: RequestServices, field: str, size: int, *, has_windows: bool = False
) -> None:
    """Refuse a size that [volume] does not allow.

    :param field: the field of the request that has the size
    :param size: in GB
    :raises InvalidRequest: the size is too large
    """
    limits = services.app_state.conf.volume
    if size > limits.max_size_gb:
        raise exceptions.InvalidField(
            field, f"must be at most {limits.max_size_gb} GB.", FieldErrorCode.OUT_OF_RANGE
        )
    if has_windows and size > limits.max_windows_size_gb:
        raise exceptions.InvalidField(
            field,
            f"must be at most {limits.max_windows_size_gb} GB for a Windows volume.",
            FieldErrorCode.OUT_OF_RANGE,
        )


def check_size_for_image(services: RequestServices, field: str, size: int, image: Image) -> None:
    """Refuse a size that [volume] does not allow or that is too small for an image.

    :param image: the image as Glance shows it
    :raises InvalidRequest: the size is too small for the image, or too large
    """
    check_size(services, field, size, has_windows=images.is_windows(image))
    minimum = images.minimum_volume_size(image)
    if size < minimum:
        raise exceptions.InvalidField(
            field, f"the image needs at least {minimum} GB.", FieldErrorCode.OUT_OF_RANGE
        )
