# SPDX-License-Identifier: Apache-2.0
"""The recorded examples."""

import json
from http import HTTPStatus
from pathlib import Path
from typing import Any

JSON = dict[str, Any]
_DIRECTORY = Path(__file__).resolve().parents[3] / "kic_vm/api/examples"
_INDENT = "   "


def path_of(tag: str) -> Path:
    """The file with the examples of one tag."""
    return _DIRECTORY / f"{tag}.json"


def load(tag: str) -> dict[str, JSON]:
    """The examples of one tag, by method and path; none while no file has been recorded."""
    if not path_of(tag).exists():
        return {}
    return {one["operation"]: one for one in json.loads(path_of(tag).read_text())}


def lines(example: JSON | None) -> list[str]:
    """One example as reStructuredText, or a sentence that none is recorded."""
    if example is None:
        return ["No example of this operation is recorded yet.", ""]
    found = ["**Example**", "", ".. code-block:: http", ""]
    method = example["operation"].split(" ")[0]
    head = [f"{method} {example['path']} HTTP/1.1", "Host: kic-vm.example.org"]
    if example["by"]:
        head.append("X-Auth-Token: $TOKEN")
    if example["request"] is not None:
        head += ["Content-Type: application/json", "", *_json(example["request"])]
    found += [_INDENT + line if line else "" for line in head]
    answer = [f"HTTP/1.1 {example['status']} {HTTPStatus(example['status']).phrase}"]
    if example["answer"] is not None:
        answer += ["Content-Type: application/json", "", *_json(example["answer"])]
    found += ["", ".. code-block:: http", ""]
    found += [_INDENT + line if line else "" for line in answer]
    if example["is_shortened"]:
        found += ["", "Lists are shortened to their first entries here."]
    return [*found, ""]


def _json(value: Any) -> list[str]:
    return json.dumps(value, indent=2, ensure_ascii=False).splitlines()
