# SPDX-License-Identifier: Apache-2.0
"""The demo's OpenStack, in which the runs of the pictures take place."""

import contextlib
import json
import time
from pathlib import Path
from typing import Any, Final

import requests

from tests.functional.client import Client

JSON = dict[str, Any]

_REMOVAL_SECONDS: Final = 180


class RunFailure(Exception):
    """A run did not record what is to be drawn."""


class Demo:
    """The standalone OpenStack of the demo.

    :param directory: of its credentials
    """

    def __init__(self, directory: Path) -> None:
        endpoints = json.loads((directory / "endpoints.json").read_text())
        self.configuration = directory / "kic-vm.conf"
        self.gateway: str = endpoints["gateway"]
        """The address of the demo's own gateway."""
        self.subnet_id: str = endpoints["subnet_id"]
        self.credential: JSON = json.loads((directory / "app-credential.json").read_text())
        """An application credential of a project member."""

    def client(self, url: str) -> Client:
        """A client of a gateway, with a new token."""
        return Client.from_credential(url, self.credential)

    def remove_instances(self, name: str) -> None:
        """Delete the instances of a name, also those whose creation got no answer.

        :raises RunFailure: one still exists
        """
        end = time.monotonic() + _REMOVAL_SECONDS
        while time.monotonic() < end:
            with contextlib.suppress(AssertionError, requests.RequestException):
                client = self.client(self.gateway)
                instances = client.get("/api/v1/instances", name=name)["instances"]
                if not instances:
                    return
                for instance in instances:
                    client.delete(f"/api/v1/instances/{instance['id']}")
            time.sleep(1)
        raise RunFailure(f"instances of the name {name} still exist after {_REMOVAL_SECONDS} s")
