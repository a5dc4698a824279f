# SPDX-License-Identifier: Apache-2.0
"""A gateway with nothing behind it: enough for what concerns the server alone."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from tests.functional.client import Gateway

_CONFIGURATION: Final = """
[keystone_authtoken]
auth_type = password
auth_url = {keystone}/v3
username = kic-vm
password = none
service_type = kic-vm
[service_user]
auth_type = password
auth_url = {keystone}/v3
username = kic-vm
password = none
[redis]
url = redis://127.0.0.1:9/0
"""
NOTHING: Final = "http://127.0.0.1:9"


@contextlib.contextmanager
def lone_gateway(
    directory: Path,
    keystone: str = NOTHING,
    groups: Mapping[str, dict[str, str]] = MappingProxyType({}),
    **api: str,
) -> Iterator[Gateway]:
    """A gateway with the default number of processes and threads, stopped in the end.

    :param keystone: the address of what stands for Keystone
    :param groups: options of other groups
    :param api: options of [api]
    """
    base = directory / "base.conf"
    base.write_text(_CONFIGURATION.format(keystone=keystone))
    gateway = Gateway(base, directory, {**groups, "api": {"workers": "2", **api}})
    try:
        gateway.wait_until_alive()
        yield gateway
    finally:
        assert gateway.stop() == 0
