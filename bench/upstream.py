# SPDX-License-Identifier: Apache-2.0
"""The requests to the replayed OpenStack that one request to something in front of it causes."""

from typing import Any, Final

import requests

from bench import cases
from bench.measure import SLOW, Ways
from bench.project import BenchError
from bench.replay import STATISTICS

JSON = dict[str, Any]

_COUNTED: Final = (cases.GATEWAY, cases.SKYLINE)


def calls(address: str, ways: Ways) -> dict[str, dict[str, int]]:
    """The requests of the gateway and of skyline-apiserver, by way and service.

    A way is counted the second time, unless its name ends with SLOW. Nothing else may use the
    replayed OpenStack meanwhile.
    """
    counted: dict[str, dict[str, int]] = {}
    for name, way in ways.items():
        if name.removesuffix(SLOW) in _COUNTED:
            if not name.endswith(SLOW):
                way()
            before = _statistics(address)["requests"]
            way()
            after = _statistics(address)["requests"]
            counted[name.removesuffix(SLOW)] = {
                service: count - before.get(service, 0)
                for service, count in after.items()
                if count > before.get(service, 0)
            }
    return counted


def check_paths(address: str) -> None:
    """Check that the replayed OpenStack had an answer to every request.

    :raises BenchError: it had none to some
    """
    if unknown := _statistics(address)["unknown_paths"]:
        raise BenchError(f"the replayed OpenStack has no answer to {', '.join(unknown)}")


def _statistics(address: str) -> JSON:
    response = requests.get(address + STATISTICS, timeout=60)
    response.raise_for_status()
    statistics: JSON = response.json()
    return statistics
