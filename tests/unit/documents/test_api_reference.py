# SPDX-License-Identifier: Apache-2.0
"""The examples and pages of the API reference, held against the OpenAPI document."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator

from kic_vm.schemas.base import PaginationSchema

JSON = dict[str, Any]
DOC = Path(__file__).parents[3] / "doc"
EXAMPLES = [
    example
    for path in sorted((DOC.parent / "kic_vm/api/examples").glob("*.json"))
    for example in json.loads(path.read_text())
]
SECRETS = {"admin_pass", "password", "private_key", "secret"}
TOKEN = re.compile(r"gAAAA[\w-]{40}|PRIVATE KEY")


@pytest.fixture
def application(shared_application: Any) -> Any:
    """Nothing here depends on what the gateway remembers."""
    return shared_application


def described(document: JSON) -> dict[str, JSON]:
    """Operations by method and path."""
    return {
        f"{method.upper()} {path}": operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method in {"get", "put", "post", "delete"}
    }


def problems(document: JSON, schema: JSON, body: Any) -> list[str]:
    """What of a body is not as its schema says."""
    validator = OAS30Validator(schema | {"components": document["components"]})
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(body)]


def test_examples_have_operations(document: JSON) -> None:
    """Each example is of another operation that exists; test_examples finds missing examples."""
    recorded = [example["operation"] for example in EXAMPLES]
    assert len(set(recorded)) == len(recorded)
    removed = set(recorded) - described(document).keys()
    assert not removed, f"remove the examples of these operations: {sorted(removed)}"


def test_examples_are_what_the_document_says(document: JSON) -> None:
    """Paths, requests and answers are still those of the operations."""
    operations = described(document)
    found = {
        example["operation"]: list(_deviations(document, operations[example["operation"]], example))
        for example in EXAMPLES
    }
    assert {name: deviations for name, deviations in found.items() if deviations} == {}


def _deviations(document: JSON, operation: JSON, example: JSON) -> Iterator[str]:
    template = example["operation"].split(" ")[1]
    pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template))
    if not re.fullmatch(pattern, example["path"].partition("?")[0]):
        yield f"{example['path']} is not {template}"
    answers = operation["responses"][str(example["status"])].get("content", {})
    if answers:
        yield from problems(document, answers["application/json"]["schema"], example["answer"])
    if "requestBody" in operation:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        yield from problems(document, schema, example["request"])


def test_refusals_have_codes_of_the_table(document: JSON) -> None:
    """What was seen refused is a code with its status."""
    known = {(one["status"], one["code"]) for one in document["x-error-codes"]}
    seen = {(one["status"], one["code"]) for example in EXAMPLES for one in example["refusals"]}
    assert seen <= known


def test_no_secrets() -> None:
    """Secrets and the addresses of the machine it was recorded on are left out."""

    def leaks(value: Any, name: str) -> bool:
        if isinstance(value, dict):
            return any(leaks(item, key) for key, item in value.items())
        if isinstance(value, list):
            return any(leaks(item, name) for item in value)
        if not isinstance(value, str):
            return False
        hidden = name not in SECRETS or value == "(left out)"
        return not hidden or bool(TOKEN.search(value)) or "127.0.0.1" in value

    assert [example["operation"] for example in EXAMPLES if leaks(example, "")] == []


def test_every_tag_has_a_page(document: JSON) -> None:
    """Each group of operations stands on exactly one page."""
    shown = [
        tag
        for page in (DOC / "source" / "reference" / "api").glob("*.rst")
        for tag in re.findall(r"^\.\. api-operations:: (.+)$", page.read_text(), re.MULTILINE)
    ]
    tags = {operation["tags"][0] for operation in described(document).values()}
    assert sorted(shown) == sorted(tags)


def test_lists_and_retries() -> None:
    """The page on all operations says what lists and retries really have."""
    page = (DOC / "source/reference/api/index.rst").read_text()
    lists = page.partition("\nLists\n")[2].partition(".. _retries:")[0]
    assert "links" not in lists
    for name in (*PaginationSchema().fields, "sort_keys", "sort_dirs"):
        assert f"``{name}``" in lists
    assert "1 to 255 visible ASCII characters" in page
