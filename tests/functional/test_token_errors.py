# SPDX-License-Identifier: Apache-2.0
"""Refused token requests on a real Keystone: the field or header to change is named."""

import json
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from tests.functional.client import Client, Gateway
from tests.token_refusals import INTERNALS, refusals

JSON = dict[str, Any]


@pytest.fixture
def address(gateway: Gateway) -> str:
    """Where tokens are issued."""
    return f"{gateway.url}/identity/v3/auth/tokens"


@pytest.fixture
def credential(standalone: Path) -> JSON:
    """A good request with an application credential."""
    own = json.loads((standalone / "app-credential.json").read_text())
    methods = ["application_credential"]
    return {"auth": {"identity": {"methods": methods, "application_credential": own}}}


@pytest.fixture
def password(standalone: Path) -> JSON:
    """A good request with a password."""
    clouds = yaml.safe_load((standalone / "clouds.yaml").read_text())["clouds"]
    auth = clouds["kic-member"]["auth"]
    user = {
        "name": auth["username"],
        "domain": {"name": auth["user_domain_name"]},
        "password": auth["password"],
    }
    project = {"name": auth["project_name"], "domain": {"name": auth["project_domain_name"]}}
    identity = {"methods": ["password"], "password": {"user": user}}
    return {"auth": {"identity": identity, "scope": {"project": project}}}


def error_of(answer: requests.Response) -> JSON:
    """The error in an answer, which names no product and repeats nothing of the request."""
    error: JSON = answer.json()["error"]
    assert not any(word in error["message"] for word in INTERNALS), error
    return error


def test_refusals(address: str, credential: JSON, password: JSON) -> None:
    """Each wrong request gets the status and the field that it needs."""
    for body in (credential, password):
        assert requests.post(address, json=body, timeout=60).status_code == 201
    for case in refusals(credential, password):
        answer = requests.post(address, json=case.body, timeout=60)
        message = error_of(answer)["message"]
        assert answer.status_code == case.status, (case.label, message)
        assert all(word in message for word in case.words), (case.label, message)


def test_unknown_method(address: str) -> None:
    """The methods that are offered are told."""
    body = {"auth": {"identity": {"methods": ["magic"], "magic": {}}}}
    answer = requests.post(address, json=body, timeout=60)
    assert (answer.status_code, "application_credential" in answer.text) == (400, True)
    assert error_of(answer)["message"].startswith("auth.identity.methods: ")


def test_content_type(address: str, credential: JSON) -> None:
    """A body that is said to be no JSON is 415."""
    headers = {"Content-Type": "text/plain"}
    answer = requests.post(address, data=json.dumps(credential), headers=headers, timeout=60)
    assert answer.status_code == 415
    assert "Content-Type" in error_of(answer)["message"]


def test_validation(address: str, member: Client) -> None:
    """The header that is wrong or missing is named."""
    token = str(member.session.headers["X-Auth-Token"])
    for headers, status, word in (
        ({}, 401, "X-Auth-Token"),
        ({"X-Auth-Token": "x", "X-Subject-Token": token}, 401, "X-Auth-Token"),
        ({"X-Auth-Token": token}, 400, "X-Subject-Token"),
        ({"X-Auth-Token": token, "X-Subject-Token": "x"}, 404, "X-Subject-Token"),
    ):
        answer = requests.get(address, headers=headers, timeout=60)
        assert answer.status_code == status, answer.text
        assert error_of(answer)["message"].startswith(f"{word}: ")
