# SPDX-License-Identifier: Apache-2.0
"""The recorded examples of the API reference."""

import json
from pathlib import Path
from typing import Final

from tests.functional.client import Client

_EXAMPLES: Final = Path(__file__).parents[2] / "kic_vm/api/examples"
_METHODS: Final = frozenset({"get", "put", "post", "delete"})


def test_every_operation_has_an_example(member: Client) -> None:
    """The documentation can be built without an example, but a release has all of them."""
    operations = {
        f"{method.upper()} {path}"
        for path, item in member.get("/openapi.json")["paths"].items()
        for method in item.keys() & _METHODS
    }
    recorded = {
        example["operation"]
        for path in _EXAMPLES.glob("*.json")
        for example in json.loads(path.read_text())
    }
    missing = sorted(operations - recorded)
    assert not missing, (
        f"{missing} have no example: add a request to doc/api_examples/stories, start `make demo`, "
        f"then run: tools/tox run -e examples -- --only {' '.join(map(repr, missing))}"
    )
