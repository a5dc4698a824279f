# SPDX-License-Identifier: Apache-2.0
"""A snapshot, as Cinder shows it."""

from typing import Any

from tests.unit.bodies import SNAPSHOT
from tests.unit.cloud import Cloud

PATH = f"/api/v1/snapshots/{SNAPSHOT['id']}"
CINDER = f"/snapshots/{SNAPSHOT['id']}"


def serve_snapshot(cloud: Cloud, **changes: Any) -> None:
    """Cinder shows the snapshot with changes."""
    cloud.answer("GET", "cinder", CINDER, {"snapshot": SNAPSHOT | changes})
