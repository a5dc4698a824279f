# SPDX-License-Identifier: Apache-2.0
"""Address ranges in requests."""

import ipaddress
from typing import Any

from marshmallow import fields

from kic_vm.exceptions import FieldErrorCode
from kic_vm.schemas.field_errors import FieldValidationError

_PRIVATE = [
    ipaddress.IPv4Network(private) for private in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
]
_LINK_LOCAL = ipaddress.IPv4Network("169.254.0.0/16")


def _network(value: str) -> ipaddress.IPv4Network:
    """The range; it must be written in the form that responses return."""
    try:
        network = ipaddress.IPv4Network(value)
    except ValueError as error:
        raise FieldValidationError(
            FieldErrorCode.INVALID_FORMAT,
            "Must be an IPv4 range that begins at its first address, such as 10.0.0.0/20.",
        ) from error
    if str(network) != value:
        raise FieldValidationError(FieldErrorCode.INVALID_FORMAT, f"Must be written as {network}.")
    return network


def private_range(shortest: int, longest: int, **kwargs: Any) -> fields.String:
    """A private address range with a prefix length between two limits."""

    def check(value: str) -> None:
        network = _network(value)
        if not shortest <= network.prefixlen <= longest:
            raise FieldValidationError(
                FieldErrorCode.INVALID_VALUE, f"Must have a prefix of /{shortest} to /{longest}."
            )
        if not any(network.subnet_of(private) for private in _PRIVATE):
            raise FieldValidationError(
                FieldErrorCode.INVALID_FORMAT,
                "Must be private: in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16.",
            )

    return fields.String(validate=check, **kwargs)


def destination(**kwargs: Any) -> fields.String:
    """The destination of a route: any range except link-local addresses."""

    def check(value: str) -> None:
        if _network(value).subnet_of(_LINK_LOCAL):
            raise FieldValidationError(
                FieldErrorCode.INVALID_VALUE, f"Must not be in {_LINK_LOCAL}."
            )

    return fields.String(validate=check, **kwargs)


def without_zone(value: str) -> str:
    """Check that an address or range has no zone id, as in fe80::1%eth0, and return it.

    :raises ValueError: the text has a zone id
    """
    if "%" in value:
        raise ValueError(value)
    return value


def is_address(value: str | None) -> None:
    """Check that a text is an IP address or null.

    :raises ValidationError: the text is neither
    """
    if value is None:
        return
    try:
        ipaddress.ip_address(without_zone(value))
    except ValueError as error:
        raise FieldValidationError(
            FieldErrorCode.INVALID_FORMAT, "Must be an IP address."
        ) from error


def is_address_or_range(value: str | None) -> None:
    """Check that a text is an IP address, a range in CIDR notation, or null.

    :raises ValidationError: the text is neither
    """
    if value is None:
        return
    _address, slash, length = value.partition("/")
    try:
        ipaddress.ip_interface(without_zone(value))
        if slash and str(int(length)) != length:  # int() refuses a netmask
            raise FieldValidationError(
                FieldErrorCode.INVALID_FORMAT,
                "Must have its prefix's length as a plain number, such as /8.",
            )
    except ValueError as error:
        raise FieldValidationError(
            FieldErrorCode.INVALID_FORMAT, "Must be an IP address or a CIDR."
        ) from error
