# SPDX-License-Identifier: Apache-2.0
"""The examples in the OpenAPI document: requests and responses that were recorded with OpenStack.

``doc/api_examples`` writes them to the directory ``examples``, one file for each tag.
"""

import functools
import importlib.resources
import json
from collections.abc import Iterable
from typing import Any, Final

JSON = dict[str, Any]
_DIRECTORY: Final = "examples"
_MEDIA_TYPE: Final = "application/json"


@functools.cache
def recorded_examples() -> dict[str, JSON]:
    """Method and path, such as ``GET /api/v1/volumes`` -> the recorded example."""
    files = importlib.resources.files(__package__).joinpath(_DIRECTORY).iterdir()
    return {
        example["operation"]: example
        for file in sorted(files, key=lambda file: file.name)
        for example in json.loads(file.read_text("utf-8"))
    }


def add_examples(operations: Iterable[tuple[str, str, JSON]]) -> None:
    """Add the recorded request and response of each operation.

    :param operations: path, method in lower case, and operation
    """
    examples = recorded_examples()
    for path, method, operation in operations:
        example = examples.get(f"{method.upper()} {path}")
        if example is None:
            continue
        if "requestBody" in operation:
            _content(operation["requestBody"])["example"] = example["request"]
        if example["answer"] is not None:
            response = operation["responses"][str(example["status"])]
            _content(response)["example"] = example["answer"]


def _content(part: JSON) -> JSON:
    content: JSON = part.setdefault("content", {})
    described: JSON = content.setdefault(_MEDIA_TYPE, {"schema": {"type": "object"}})
    return described
