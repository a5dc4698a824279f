# SPDX-License-Identifier: Apache-2.0
"""Answers as JSON: whatever OpenStack has told can be told."""

import json
from typing import Any

import flask
import pytest

from kic_vm.api.json_provider import JsonProvider


@pytest.mark.parametrize(
    "value",
    [
        "plain",
        "한국어 \U0001f600",
        '\x00\x1f"\\/',
        "half of a pair \ud800",
        2**63,
        2**80,
        -1.5,
        None,
    ],
)
def test_value(value: Any) -> None:
    """What a client reads is what was meant, also where the fast way cannot write it."""
    app = flask.Flask("test")
    response = JsonProvider(app).response({"value": [value]})
    assert json.loads(response.get_data()) == {"value": [value]}
    assert response.content_type == "application/json"
