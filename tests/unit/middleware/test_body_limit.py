# SPDX-License-Identifier: Apache-2.0
"""[oslo_middleware] max_request_body_size: how long a body may be."""

import io
import json

import pytest

from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal

KEYPAIRS = "/api/v1/keypairs"


@pytest.fixture
def options() -> str:
    return "[oslo_middleware]\nmax_request_body_size = 1000"


def test_said_beforehand(member: Caller, populated: Cloud) -> None:
    """A Content-Length above the limit is 413."""
    body = {"keypair": {"name": "k" * 1000}}
    refusal(member.post(KEYPAIRS, json=body), 413, "request_too_large")
    assert populated.calls() == []


@pytest.mark.parametrize("path", [KEYPAIRS, "/identity/v3/auth/tokens"])
def test_found_while_reading(member: Caller, populated: Cloud, path: str) -> None:
    """A body in chunks of which nobody said the length is 413 as well."""
    data = json.dumps({"keypair": {"name": "k" * 1000}}).encode()
    environ = {
        "wsgi.input": io.BytesIO(data),
        "wsgi.input_terminated": True,
        "CONTENT_LENGTH": "",
        "HTTP_TRANSFER_ENCODING": "chunked",
        "CONTENT_TYPE": "application/json",
    }
    response = member.post(path, environ_overrides=environ)
    refusal(response, 413, "request_too_large")
    assert populated.calls() == []


def test_within(member: Caller, populated: Cloud) -> None:
    """One within the limit is read."""
    assert member.post(KEYPAIRS, json={"keypair": {"name": "k"}}).status_code == 201
