# SPDX-License-Identifier: Apache-2.0
"""The lifecycle table and the OpenAPI document, as the gateway serves them."""

import json
from typing import Any

import pytest
from openapi_spec_validator import validate

from kic_vm import exceptions, policies
from kic_vm.api.openapi_completion import field_meanings, operations, properties
from kic_vm.lifecycle import render
from kic_vm.lifecycle.table import load_tables
from kic_vm.version import version
from tests.contract import load
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller

JSON = dict[str, Any]


@pytest.fixture
def document(anybody: Caller) -> JSON:
    """The document; no token is needed."""
    response = anybody.get("/openapi.json")
    assert response.status_code == 200
    found: JSON = response.json
    return found


def test_valid(document: JSON) -> None:
    """It is valid OpenAPI 3."""
    assert document["openapi"].startswith("3.")
    validate(document)


def test_operations(document: JSON) -> None:
    """It has exactly the operations that have a rule, each with the rule and a summary."""
    described = {
        (method.upper(), path): operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method in {"get", "put", "post", "delete", "patch", "head", "options"}
    }
    guarded = {
        (item["method"], item["path"]): rule.name
        for rule in policies.guarding_rules()
        for item in rule.operations
        if not item["path"].startswith("/docs")
    }
    assert described.keys() == guarded.keys()
    for key, operation in described.items():
        assert operation["x-policy-rule"] == guarded[key]
        assert operation["summary"]


def test_operation_ids(document: JSON) -> None:
    """Each operation has a name of its own, which generators make a method of."""
    ids = [operation["operationId"] for _path, _method, operation in operations(document)]
    assert len(set(ids)) == len(ids)
    assert all(name.isidentifier() and name.islower() for name in ids)
    assert {"list_instances", "create_instance", "get_volume"} <= set(ids)


def undescribed(document: JSON) -> list[str]:
    """Fields and parameters that nothing describes."""
    fields = [
        f"{schema}.{name}"
        for schema, name, field in properties(document)
        if not field.get("description")
    ]
    parameters = [
        f"{path} {parameter['name']}"
        for path, item in document["paths"].items()
        for operation in (item, *(item[method] for method in item if method != "parameters"))
        for parameter in operation.get("parameters", [])
        if not parameter.get("description")
    ]
    return fields + parameters


@pytest.mark.parametrize("language", ["en", "ko"])
def test_descriptions(anybody: Caller, language: str) -> None:
    """Every field and parameter is described, in both languages: in kic_vm/api/fields.yaml."""
    response = anybody.get("/openapi.json", headers={"Accept-Language": language})
    assert response.headers["Content-Language"] == language
    assert "Accept-Language" in response.headers["Vary"]
    validate(response.json)
    assert undescribed(response.json) == []


def test_korean(anybody: Caller) -> None:
    """Descriptions are Korean where the client prefers it."""
    document = anybody.get("/openapi.json", headers={"Accept-Language": "ko-KR"}).json
    described = document["components"]["schemas"]["Instance"]["properties"]["id"]["description"]
    assert described == field_meanings()["id"]["ko"]


def test_meanings_are_used(document: JSON) -> None:
    """The table of fields has no row that no field and no parameter needs."""
    names = {name for _schema, name, _field in properties(document)}
    names |= {f"{schema}.{name}" for schema, name, _field in properties(document)}
    text = json.dumps(document["paths"])
    unused = [
        name for name in field_meanings() if name not in names and f'"name": "{name}"' not in text
    ]
    assert unused == []


def test_generators(document: JSON) -> None:
    """There is nothing on which common generators stop: null defaults, patterns of Python's own."""
    text = json.dumps(document)
    assert '"default": null' not in text
    assert "\\\\Z" not in text
    assert document["servers"]


def test_states(document: JSON) -> None:
    """The states are enums, with every documented state."""
    schemas = document["components"]["schemas"]
    assert len(schemas["Instance"]["properties"]["status"]["enum"]) == 26
    assert "in_use" in schemas["Volume"]["properties"]["status"]["enum"]


def test_security(document: JSON) -> None:
    """What needs no token says so, and everything else asks for one."""
    public = {
        path
        for path, operations in document["paths"].items()
        for operation in operations.values()
        if isinstance(operation, dict) and operation.get("security") == []
    }
    assert public == {
        "/",
        "/healthcheck",
        "/readiness",
        "/api/v1/lifecycle",
        "/openapi.json",
        "/identity/v3/auth/tokens",
    }


def test_error_codes(document: JSON) -> None:
    """The table of codes is published, whole and with one meaning for each code."""
    published = document["x-error-codes"]
    assert [(row["code"], row["status"]) for row in published] == [
        (error.code, error.status) for error in exceptions.ERRORS
    ]
    assert len({row["code"] for row in published}) == len(published)
    assert all(row["message"] for row in published)
    for row in published:
        assert f"`{row['code']}`" in document["info"]["description"]
    enum = document["components"]["schemas"]["Error"]["properties"]["code"]["enum"]
    assert sorted(enum) == sorted(row["code"] for row in published)


def test_every_error_is_in_the_table() -> None:
    """No class of errors has been forgotten."""

    def below(error: type[exceptions.KicVmError]) -> set[type[exceptions.KicVmError]]:
        return {error}.union(*(below(one) for one in error.__subclasses__()))

    declared = {
        one
        for one in below(exceptions.KicVmError)
        if one.__module__.startswith("kic_vm.exceptions")
        # Callers get an error without a code of its own as its base class.
        and ("code" in vars(one) or exceptions.KicVmError in one.__bases__)
    }
    assert declared - {exceptions.KicVmError} == set(exceptions.ERRORS)


@pytest.mark.parametrize("service", ["bcs", "volume", "image", "config"])
def test_contracts_parameters(document: JSON, service: str) -> None:
    """Each query parameter of the contract's lists is described."""
    for operation in load(service)["operations"]:
        described = document["paths"].get(operation["path"], {}).get(operation["method"].lower())
        if described is None:
            continue  # a later operation of the contract
        names = {item["name"] for item in described.get("parameters", []) if item["in"] == "query"}
        assert names == {query["name"] for query in operation["query"]}, operation["id"]


def test_lifecycle(anybody: Caller) -> None:
    """The table is served as `kic-vm-manage lifecycle --format json` prints it."""
    response = anybody.get("/api/v1/lifecycle")
    assert response.status_code == 200
    assert response.json == render.as_document(load_tables())
    assert len(response.json["instance_states"]) == 26
    assert len(response.json["volume_states"]) == 11
    for row in response.json["instance_states"]:
        assert set(row) >= {"state", "wire", "billable", "meaning", "openstack", "allowed_actions"}
        assert set(row["meaning"]) == {"en", "ko"}


def test_root(anybody: Caller, cloud: Cloud) -> None:
    """Without a token, the gateway tells what it is, its version and its documents."""
    response = anybody.get("/")
    assert response.status_code == 200
    assert response.json["name"] == "kic-vm"
    assert response.json["version"] == version()
    links = {link["rel"]: link["href"] for link in response.json["links"]}
    assert len(links) == len(response.json["links"])
    for rel in links.keys() - {"status", "tokens"}:  # they ask OpenStack
        path = links[rel].removeprefix("http://localhost")
        assert anybody.get(path).status_code == 200, path
    assert cloud.calls() == []


class TestAddress:
    """A gateway behind a proxy, whose page for people is off."""

    @pytest.fixture
    def options(self) -> str:
        return "[api]\npublic_url = https://vm.example.org/\ndocs = false\n"

    def test_links(self, anybody: Caller) -> None:
        """The links lead through the proxy, and not to the page."""
        links = anybody.get("/").json["links"]
        assert all(link["href"].startswith("https://vm.example.org/") for link in links)
        assert not any("//docs" in link["href"] or link["rel"] == "service-doc" for link in links)
