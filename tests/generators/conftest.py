# SPDX-License-Identifier: Apache-2.0
"""The gateway on the real services, and its OpenAPI document in a file."""

from pathlib import Path

import pytest
import requests

from tests.functional.client import Gateway
from tests.functional.conftest import gateway, member, standalone, start_gateway

__all__ = ["gateway", "member", "standalone", "start_gateway"]


@pytest.fixture(scope="session")
def document(gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The document as the gateway serves it."""
    response = requests.get(f"{gateway.url}/openapi.json", timeout=30)
    assert response.status_code == 200
    path = tmp_path_factory.mktemp("openapi") / "openapi.json"
    path.write_text(response.text)
    return path
