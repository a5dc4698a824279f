# SPDX-License-Identifier: Apache-2.0
"""The table of the backends' words: each row, met by a message as the service sends it."""

import json
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from kic_vm import exceptions
from kic_vm.adapters import errors, token_errors
from kic_vm.adapters.errors import table
from tests.unit.bodies import body

JSON = dict[str, Any]
SERVICES = {"nova": "compute", "neutron": "network", "cinder": "block-storage", "glance": "image"}


ID = "a649d15f-bee6-4121-b632-bce071ab4866"
MESSAGES = yaml.safe_load(Path(__file__).with_name("messages.yaml").read_text())


def response(status: int, content: Any) -> requests.Response:
    """An answer as it came over the wire."""
    made = requests.Response()
    made.status_code = status
    text = content if isinstance(content, str) else json.dumps(content)
    made._content = text.encode()
    return made


def wrapped(service: str, status: int, message: str) -> JSON:
    """A message as the service wraps it."""
    message = message.replace("ID", ID)
    if service == "network":
        kind, _space, message = message.partition(" ")
        return {"NeutronError": {"type": kind, "message": message, "detail": ""}}
    name = {400: "badRequest", 403: "forbidden", 409: "conflictingRequest"}.get(status, "error")
    return {name: {"code": status, "message": message}}


@pytest.mark.parametrize(("service", "status", "message", "error", "begin"), MESSAGES)
def test_message(service: str, status: int, message: str, error: str, begin: str) -> None:
    """The message becomes our error with our sentence."""
    found = errors.from_response(service, response(status, wrapped(service, status, message)))
    assert isinstance(found, table.ERRORS[error])
    assert found.message.startswith(begin), found.message
    assert ID not in found.message


def test_every_rule_is_met() -> None:
    """Each rule is for one of these messages at least."""
    rules = table.load_table().rules
    met = {
        rule
        for service, status, message, _error, _begin in MESSAGES
        for rule in rules
        if (rule.service, rule.status) == (service, status) and rule.match(message)
    }
    general = [rule for rule in rules if rule.examples and rule.operation is None]
    assert [rule.message.pattern for rule in general if rule not in met] == []


RULE = {
    "service": "compute",
    "status": 409,
    "message": "is locked",
    "error": "Conflict",
    "sentence": "Unlock it.",
    "examples": ["Instance ID is locked"],
}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"service": "computer"}, "service"),
        ({"status": 200}, "status"),
        ({"error": "Mistake"}, "error"),
        ({"message": "("}, "unterminated"),
        ({"sentence": None}, "sentence"),
        ({"sentence": "At most {1}."}, "group"),
        ({"examples": []}, "example"),
        ({"examples": ["Instance ID is free"]}, "does not match"),
        ({"colour": "red"}, "colour"),
        ({"error": "InvalidRequest"}, "has a field_code"),
        ({"error": "InvalidRequest", "field_code": "wrong"}, "field_code"),
        ({"error": "InvalidRequest", "field_code": "not_found", "field": "{1}"}, "group"),
        ({"field": "name"}, "only an InvalidRequest"),
        ({"field_code": "not_found"}, "no other error"),
        ({"error": "QuotaExceeded"}, "quota"),
        ({"error": "QuotaExceeded", "sentence": None, "message": "(?P<x>is) locked"}, "groups"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else value,
)
def test_wrong_rule(changes: JSON, words: str) -> None:
    """A wrong rule is refused with what is wrong with it."""
    row = {key: value for key, value in (RULE | changes).items() if value is not None}
    with pytest.raises(table.ErrorTableError, match=words):
        table.ErrorTable(table.read_rules([row]))


def test_overlap() -> None:
    """Two rules that are for one message are refused, until one of them excludes it."""
    other = RULE | {"message": "locked", "examples": ["The volume is not locked"]}
    with pytest.raises(table.ErrorTableError, match="both match"):
        table.ErrorTable(table.read_rules([RULE, other]))
    table.ErrorTable(table.read_rules([RULE, other | {"unless": "Instance .* is locked"}]))


def test_unforeseen_overlap() -> None:
    """A message for which there are several rules is answered by its status."""
    other = RULE | {"message": "by its owner", "examples": ["Used by its owner"]}
    rules = table.ErrorTable(table.read_rules([RULE, other]))
    assert rules.find("compute", 409, "Instance ID is locked by its owner") is None
    assert isinstance(rules.find("compute", 409, "Instance ID is locked"), exceptions.Conflict)


def test_default() -> None:
    """A rule without a message is for the messages that no other rule matches; there is one."""
    default = RULE | {"message": "", "examples": [], "sentence": "Ask the operator."}
    rules = table.ErrorTable(table.read_rules([RULE, default]))
    for message, sentence in {
        "Instance ID is locked": "Unlock it.",
        "x": "Ask the operator.",
    }.items():
        error = rules.find("compute", 409, message)
        assert error is not None
        assert error.message == sentence
    assert rules.find("compute", 400, "x") is None
    with pytest.raises(table.ErrorTableError, match="two rules without a message"):
        table.ErrorTable(table.read_rules([default, default]))


TOKEN_RULES = [rule for rule in table.load_table().rules if rule.operation == "issue-token"]


@pytest.mark.parametrize("rule", TOKEN_RULES, ids=lambda rule: rule.message.pattern or "default")
def test_token_rule(rule: table.ErrorRule) -> None:
    """A rule for token requests gives its sentence with dotted paths, and is for nothing else."""
    for example in rule.examples or ["Something else."]:
        answer = response(rule.status, {"error": {"code": rule.status, "message": example}})
        error = token_errors.of_creation(answer, b"{}")
        assert isinstance(error, rule.error)
        assert (rule.sentence or "").partition("{")[0] in error.message
        assert [item.code for item in error.field_errors] == [rule.field_code] * (
            rule.field_code is not None
        )
        assert "{" not in error.message
        assert "/" not in error.message.replace("application/json", "")
        assert errors.from_response("identity", answer).message != error.message


def test_several_token_rules() -> None:
    """A value in the request that reads like another message gets the default sentence."""
    text = "Invalid input for field 'identity': 'find auth in request body' is not of type 'object'"
    answer = response(400, {"error": {"code": 400, "message": text}})
    assert token_errors.of_creation(answer, b"{}").message.startswith("auth: the identity service")


@pytest.mark.parametrize("name", sorted(body("errors")))
def test_recorded(name: str) -> None:
    """No recorded error is a failure of the gateway, and none gets out as it is."""
    recorded = body("errors")[name]
    service = SERVICES.get(name.partition("_")[0], "identity")
    found = errors.from_response(service, response(recorded["status"], recorded["body"]))
    assert 400 <= found.status < 500
    assert found.code != "internal_error"
    text = str(recorded["body"])
    assert found.message not in text
    for word in ("os_compute_api", "vm_state", "10.20.", "rule:create_port", "<html>", "Fernet"):
        assert word not in found.message


@pytest.mark.parametrize("service", ["compute", "block-storage", "image", "network"])
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, exceptions.InvalidRequest),
        (401, exceptions.Unauthorized),
        (403, exceptions.Forbidden),
        (404, exceptions.UpstreamError),  # not the service's own
        (405, exceptions.InvalidRequest),
        (406, exceptions.InvalidRequest),
        (409, exceptions.Conflict),
        (413, exceptions.QuotaExceeded),
        (429, exceptions.UpstreamUnavailable),
        (500, exceptions.UpstreamError),
        (502, exceptions.UpstreamError),
        (503, exceptions.UpstreamUnavailable),
        (504, exceptions.UpstreamTimeout),
        (599, exceptions.UpstreamError),
    ],
)
@pytest.mark.parametrize("content", ["", "<html>502 Bad Gateway</html>", "[]", '"text"', "{}"])
def test_status_alone(
    service: str, status: int, error: type[exceptions.KicVmError], content: str
) -> None:
    """Where nobody knows the message the status decides, whatever the body looks like."""
    assert type(errors.from_response(service, response(status, content))) is error
