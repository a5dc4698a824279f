# SPDX-License-Identifier: Apache-2.0
"""What an example must not show: secrets, and the addresses of the machine it was recorded on."""

import re
from typing import Any

GATEWAY = "https://kic-vm.example.org"
KEYSTONE = "https://keystone.example.org"
OTHERS = "https://openstack.example.org"

_SECRETS = frozenset({"admin_pass", "password", "private_key", "secret"})
_LOCAL = re.compile(r"http://127\.0\.0\.1:\d+")
_LEFT_OUT = "(left out)"
_LONGEST = 2  # objects of a list that an example shows


class Redaction:
    """Makes what was sent and received fit to be shown.

    :param gateway: the gateway's address
    :param keystone: Keystone's address
    """

    def __init__(self, gateway: str, keystone: str) -> None:
        self._addresses = {gateway: GATEWAY, keystone.removesuffix("/v3"): KEYSTONE}

    def clean(self, value: Any, name: str = "") -> Any:
        """A JSON value without secrets and local addresses."""
        if isinstance(value, dict):
            return {key: self.clean(item, key) for key, item in value.items()}
        if isinstance(value, list):
            return [self.clean(item, name) for item in value]
        if not isinstance(value, str):
            return value
        if name in _SECRETS:
            return _LEFT_OUT
        for address, shown in self._addresses.items():
            value = value.replace(address, shown)
        return _LOCAL.sub(OTHERS, value)


def shortened(value: Any) -> tuple[Any, bool]:
    """A JSON value with the first objects of each list only; whether any were left out."""
    if isinstance(value, dict):
        items = {key: shortened(item) for key, item in value.items()}
        return {key: item for key, (item, _cut) in items.items()}, _any_cut(items.values())
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        entries = [shortened(item) for item in value[:_LONGEST]]
        was_cut = len(value) > _LONGEST or _any_cut(entries)
        return [item for item, _cut in entries], was_cut
    return value, False


def _any_cut(items: Any) -> bool:
    return any(cut for _item, cut in items)
