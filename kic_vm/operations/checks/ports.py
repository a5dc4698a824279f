# SPDX-License-Identifier: Apache-2.0
"""Check of the ports that the gateway and the worker listen on."""

from typing import Final

from kic_vm.operations.checks.finding import Finding, success, warning
from kic_vm.operations.request import RequestServices

_ALL_ADDRESSES: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared, not bound


def worker_port(gateway: RequestServices) -> Finding:
    """Whether kic-vm-api and kic-vm-worker can run on the same host.

    It is no error at start: with the same configuration on different hosts, both can listen.
    """
    api, metrics = gateway.app_state.conf.api, gateway.app_state.conf.metrics
    used = {
        "[api] port": (api.host, api.port),
        "[metrics] port": (metrics.host, metrics.port),
    }
    for option, (host, port) in used.items():
        if metrics.worker_port and metrics.worker_port == port and _overlap(host, metrics.host):
            return warning(
                f"[metrics] worker_port is the same as {option}: if kic-vm-api and kic-vm-worker "
                "run on the same host, the one that starts later cannot listen. Set it to another "
                "port."
            )
    return success("kic-vm-api and kic-vm-worker listen on different ports.")


def _overlap(host: str, other: str) -> bool:
    return host == other or bool({host, other} & _ALL_ADDRESSES)
