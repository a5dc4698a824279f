# SPDX-License-Identifier: Apache-2.0
"""Resources that a request body refers to."""

import contextlib
from collections.abc import Iterator

from kic_vm import exceptions
from kic_vm.exceptions import FieldErrorCode


@contextlib.contextmanager
def as_invalid_request(field: str, what: str, identifier: str) -> Iterator[None]:
    """Report a resource that is not found as a wrong value of ``field``.

    :param what: the kind of resource, for the sentence
    :raises InvalidRequest: instead of NotFound
    """
    try:
        yield
    except exceptions.NotFound as error:
        raise exceptions.InvalidField(
            field,
            f"there is no {what} {identifier} that this project can use.",
            FieldErrorCode.NOT_FOUND,
        ) from error
