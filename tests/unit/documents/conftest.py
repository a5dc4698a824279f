# SPDX-License-Identifier: Apache-2.0
"""What tests of the documents share."""

from typing import Any

import pytest

from tests.unit.conftest import Caller

JSON = dict[str, Any]


@pytest.fixture
def document(anybody: Caller) -> JSON:
    """The OpenAPI document that the gateway serves."""
    found: JSON = anybody.get("/openapi.json").json
    return found
