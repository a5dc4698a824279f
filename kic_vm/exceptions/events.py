# SPDX-License-Identifier: Apache-2.0
"""Errors of the event feed."""

from kic_vm.exceptions.base import KicVmError


class CursorExpired(KicVmError):
    """Events after the cursor are no longer kept."""

    status = 410
    code = "cursor_expired"
    sentence = (
        "Events after this cursor are no longer kept: request a new cursor without `after`, then "
        "list the resources again."
    )


class EventsUnavailable(KicVmError):
    """The Redis with the events does not respond."""

    status = 503
    code = "events_unavailable"
    sentence = (
        "The gateway cannot read the events at the moment: try again later with the same cursor."
    )
    retry_after = 1
