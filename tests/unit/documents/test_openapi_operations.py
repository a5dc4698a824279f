# SPDX-License-Identifier: Apache-2.0
"""Each operation in the OpenAPI document has its examples, error codes and headers."""

from collections.abc import Iterator
from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator

from kic_vm import exceptions
from kic_vm.api.openapi_completion import operations
from kic_vm.api.openapi_examples import recorded_examples
from tests.unit.conftest import Caller

JSON = dict[str, Any]
# Errors of paths and methods that are no operation.
_OF_NO_OPERATION = {exceptions.NoSuchPath, exceptions.MethodNotAllowed}


@pytest.fixture
def application(shared_application: Any) -> Any:
    """Nothing here depends on what the gateway remembers."""
    return shared_application


def responses(document: JSON, operation: JSON) -> Iterator[tuple[int, JSON]]:
    """Status and description of each response of an operation."""
    shared = document["components"]["responses"]
    for status, response in operation["responses"].items():
        if status != "default":
            name = response.get("$ref", "").rpartition("/")[2]
            yield int(status), shared[name] if name else response


def codes(document: JSON, operation: JSON) -> set[tuple[int, str]]:
    """Status and code of each error that an operation documents."""
    return {
        (status, code)
        for status, response in responses(document, operation)
        if status >= 400
        for code in response["content"]["application/json"].get("examples", ())
    }


def named(document: JSON) -> Iterator[tuple[str, JSON]]:
    """``GET /path``, and the operation."""
    for path, method, operation in operations(document):
        yield f"{method.upper()} {path}", operation


def test_examples(document: JSON) -> None:
    """Each request body and each successful response with a body has an example."""
    missing = []
    for name, operation in named(document):
        parts = [
            ("response", part) for status, part in responses(document, operation) if status < 300
        ]
        if "requestBody" in operation:
            parts.append(("request", operation["requestBody"]))
        for kind, part in parts:
            for media_type, content in part.get("content", {}).items():
                if media_type == "application/json" and "example" not in content:
                    missing.append(f"{name}: {kind}")
    assert missing == [], "record them: see doc/api_examples"


def test_examples_of_errors(document: JSON) -> None:
    """The example of each error is valid."""
    schema = {"$ref": "#/components/schemas/ErrorEnvelope", "components": document["components"]}
    validator = OAS30Validator(schema)
    for _name, operation in named(document):
        for status, response in responses(document, operation):
            examples = response.get("content", {}).get("application/json", {}).get("examples", {})
            for code, example in examples.items():
                assert example["value"]["error"]["code"] == code
                assert list(validator.iter_errors(example["value"])) == [], (status, code)


def test_recorded_refusals(document: JSON) -> None:
    """Each error that was seen with the real services is documented."""
    missing = {
        (name, refusal["status"], refusal["code"])
        for name, operation in named(document)
        for refusal in recorded_examples()[name]["refusals"]
        if (refusal["status"], refusal["code"]) not in codes(document, operation)
    }
    assert missing == set()


def test_every_error_is_documented(document: JSON) -> None:
    """Each error in the table is an error of some operation."""
    documented = {code for _name, item in named(document) for code in codes(document, item)}
    documented.add((exceptions.NotReady.status, exceptions.NotReady.code))  # with a body of its own
    assert documented == {
        (error.status, error.code) for error in exceptions.ERRORS if error not in _OF_NO_OPERATION
    }


def test_errors_of_every_operation(document: JSON) -> None:
    """The errors of HTTP and of tokens are documented for each operation that has them."""
    for name, operation in named(document):
        found = {code for _status, code in codes(document, operation)}
        assert found >= {"internal_error", "request_timeout", "malformed_request"}, name
        if operation["security"]:
            assert found >= {"unauthorized", "forbidden", "upstream_timeout", "too_many_requests"}
        parameters = {parameter["name"] for parameter in operation["parameters"]}
        assert ("idempotency_key_reused" in found) == ("Idempotency-Key" in parameters), name
        assert ("unsupported_media_type" in found) == ("requestBody" in operation), name


def test_headers(document: JSON) -> None:
    """Each response has its headers, and each header is described."""
    described = set(document["components"]["headers"])
    for name, operation in named(document):
        has_token = bool(operation["security"])
        for status, response in responses(document, operation):
            headers = set(response["headers"])
            assert headers <= described
            assert "X-Openstack-Request-Id" in headers, (name, status)
            assert ({"RateLimit", "RateLimit-Policy"} <= headers) or not has_token, (name, status)
            assert ("Content-Language" in headers) == (status >= 400), (name, status)
            assert ("Retry-After" in headers) == (status in {409, 429, 503}), (name, status)
            if name.startswith("GET ") and status in {200, 304}:
                assert {"ETag", "Cache-Control", "Vary"} <= headers, (name, status)
                assert ("Age" in headers) == has_token, (name, status)
            if name.startswith("POST ") and has_token and status < 300:
                assert "Idempotency-Replayed" in headers, (name, status)


def test_languages(anybody: Caller, document: JSON) -> None:
    """Each operation has the language as a parameter; the document describes errors in Korean."""
    for name, operation in named(document):
        names = [parameter["name"] for parameter in operation["parameters"]]
        assert names.count("Accept-Language") == 1, name
    korean = anybody.get("/openapi.json", headers={"Accept-Language": "ko"}).json
    described = korean["components"]["responses"]["InternalError"]["description"]
    assert described.startswith("- `internal_error`: 게이트웨이에 내부 오류가")
    assert korean["paths"].keys() == document["paths"].keys()
