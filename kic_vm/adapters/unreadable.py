# SPDX-License-Identifier: Apache-2.0
"""Answers that a library fails to read."""

import contextlib
from collections.abc import Iterator
from typing import Final

from kic_vm.adapters import errors

# What a library raises for a document that has another form than it expects, as keystoneauth does
# for version documents.
_FAILURES: Final = (LookupError, TypeError, AttributeError, ValueError, RecursionError)


@contextlib.contextmanager
def reported(service: str) -> Iterator[None]:
    """Report a document that a library fails to read as an answer of its service.

    :param service: the service's type in the service catalog
    :raises UpstreamError: the library failed
    """
    try:
        yield
    except _FAILURES as error:
        raise errors.not_understood(service) from error
