# SPDX-License-Identifier: Apache-2.0
"""Check of Nova's record: whether it contains all deleted servers of a closed month."""

import datetime
from typing import Final

from kic_vm.mappings.periods import stamp
from kic_vm.operations.checks.finding import Finding, failure_if_unreachable, success, warning
from kic_vm.operations.request import RequestServices

# A month is sealed in the month after it.
_NEEDED: Final = datetime.timedelta(days=62)


@failure_if_unreachable
def archiving(gateway: RequestServices) -> Finding:
    """Whether Nova keeps deleted servers long enough for the usage of a closed month.

    Nova does not show when deleted rows are archived. The check looks for an old deleted server.
    """
    before = stamp(datetime.datetime.now(datetime.UTC) - _NEEDED)
    compute = gateway.openstack.compute
    if compute.has_deleted_server(before):
        return success(f"Nova keeps deleted servers for at least {_NEEDED.days} days.")
    oldest = compute.get_oldest_server()
    if oldest is None or oldest["created"] > before:
        return success(
            "The cloud is too young to show how long Nova keeps deleted servers. If nova-manage db "
            f"archive_deleted_rows runs, use --before with at least {_NEEDED.days} days."
        )
    return warning(
        f"Nova has no server that was deleted more than {_NEEDED.days} days ago. If nova-manage db "
        "archive_deleted_rows runs more often, the usage of a closed month lacks instances: use "
        f"--before with at least {_NEEDED.days} days, or run kic-vm-manage usage seal before it."
    )
