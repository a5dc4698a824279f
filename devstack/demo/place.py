# SPDX-License-Identifier: Apache-2.0
"""Where the demo keeps its files, and what the standalone OpenStack wrote there for it."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from allinone import settings
from allinone.errors import StandaloneError

from .errors import DemoError

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Place:
    """The demo's directory, by default .demo in the repository."""

    directory: Path
    gateway_port: int

    @classmethod
    def find(cls) -> "Place":
        """The place that the environment and the standalone's settings name."""
        try:
            found = settings.load()
        except StandaloneError as error:
            raise DemoError(str(error)) from error
        return cls(found.demo, found.ports["gateway"])

    @property
    def venv(self) -> Path:
        """The gateway's environment."""
        return self.directory / "venv"

    @property
    def configuration(self) -> Path:
        """The gateway's configuration."""
        return self.directory / "kic-vm.conf"

    @property
    def log(self) -> Path:
        """The gateway's log."""
        return self.directory / "kic-vm-api.log"

    @property
    def picture(self) -> Path:
        """The picture of the last machine's life."""
        return self.directory / "timeline.svg"

    def read(self, name: str, *keys: str) -> dict[str, Any]:
        """One of the JSON files that the standalone OpenStack wrote.

        :param keys: what must be in it
        """
        path = self.directory / name
        try:
            content: dict[str, Any] = json.loads(path.read_text())
        except FileNotFoundError as error:
            raise DemoError(f"{path} is missing; devstack/standalone up writes it") from error
        for key in keys:
            if key not in content:
                raise DemoError(f"{path} has no {key!r}; devstack/standalone up writes it")
        return content

    def shown(self, path: Path) -> str:
        """A path as one types it in the repository."""
        if path.is_relative_to(REPOSITORY):
            return os.fspath(path.relative_to(REPOSITORY))
        return os.fspath(path)
