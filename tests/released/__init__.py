# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI document of each release, without its examples: what clients were built with."""

import json
import re
import warnings
from pathlib import Path
from typing import Any, Final

from werkzeug.test import Client

from kic_vm import conf as configuration
from kic_vm import deploy

JSON = dict[str, Any]

DIRECTORY: Final = Path(__file__).parent
_CONFIGURATION: Final = DIRECTORY.parents[1] / "doc/ext/api_reference/kic-vm.conf"
_NAME: Final = re.compile(r"openapi-(\d+)\.(\d+)\.(\d+)\.json")


def path_of(version: str) -> Path:
    """The file with the document of a release.

    :raises ValueError: this is not a version such as 1.2.3
    """
    path = DIRECTORY / f"openapi-{version}.json"
    if not _NAME.fullmatch(path.name):
        raise ValueError(f"{version!r} is not a version such as 1.2.3")
    return path


def latest() -> tuple[str, JSON]:
    """The version and the document of the last release."""
    versions = [
        tuple(map(int, match.groups()))
        for path in DIRECTORY.iterdir()
        if (match := _NAME.fullmatch(path.name))
    ]
    version = ".".join(map(str, max(versions)))
    document: JSON = json.loads(path_of(version).read_text("utf-8"))
    return version, document


def current() -> JSON:
    """The document of this tree, without its examples."""
    conf = configuration.load(config_file=str(_CONFIGURATION))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of two schemas with one name
        client = Client(deploy.load_app(conf))
    document: JSON = without_examples(client.get("/openapi.json").json)
    return document


def without_examples(node: Any) -> Any:
    """A part of a document without ``example`` and ``examples``."""
    if isinstance(node, dict):
        return {
            key: without_examples(value)
            for key, value in node.items()
            if key not in {"example", "examples"}
        }
    return [without_examples(item) for item in node] if isinstance(node, list) else node
