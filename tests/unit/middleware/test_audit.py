# SPDX-License-Identifier: Apache-2.0
"""The audit trail: one event for each change, with who, what, the outcome, and no secret."""

import configparser
import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from oslo_config import cfg

from kic_vm import conf as configuration
from kic_vm import deploy, policies
from tests.unit.bodies import INSTANCE, SERVER
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.personas import PROJECT, SECRET
from tests.unit.requests_of import arguments_of, path_of

JSON = dict[str, Any]
MAP = Path(__file__).parents[3] / "etc/kic-vm/audit_map.conf"
ENABLED = f"[audit]\nenabled = true\nmap_file = {MAP}\n"
OPERATIONS = [
    (guarded["method"], guarded["path"], rule.name)
    for rule in policies.guarding_rules()
    for guarded in rule.operations
]
WRITES = {
    f"{method} {path}": (method, path, rule)
    for method, path, rule in OPERATIONS
    if method != "GET" and not path.startswith("/identity/")
}


@pytest.fixture(scope="module")
def audited(config_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Any]:
    """A gateway with an audit trail, by the rest of its options."""

    @functools.cache
    def load(more: str) -> Any:
        path = tmp_path_factory.mktemp("audit") / "kic-vm.conf"
        path.write_text(f"{config_file.read_text()}\n{ENABLED}{more}")
        return deploy.load_app(configuration.load(config_file=str(path)))

    return load


@pytest.fixture
def application(request: pytest.FixtureRequest, audited: Callable[[str], Any]) -> Any:
    """The gateway; most tests share one."""
    return audited(getattr(request, "param", ""))


def events(lines: list[str]) -> list[JSON]:
    """The events in the log."""
    marks = [
        line.partition("audit.http.response ") for line in lines if "audit.http.response {" in line
    ]
    return [json.loads(text) for _before, _mark, text in marks]


def test_command(member: Caller, populated: Cloud, lines: list[str]) -> None:
    """Who did what to which instance, from where, with what outcome, under which request id."""
    headers = {"User-Agent": "console/1.0"}
    here = {"REMOTE_ADDR": "192.0.2.1"}
    response = member.post(f"{INSTANCE}/stop", headers=headers, environ_overrides=here)
    assert response.status_code == 202
    (event,) = events(lines)
    assert event["action"] == "stop"
    assert event["outcome"] == "success"
    assert event["reason"] == {"reasonType": "HTTP", "reasonCode": "202"}
    assert event["initiator"]["project_id"] == PROJECT
    assert event["initiator"]["id"]
    assert event["initiator"]["host"] == {"address": "192.0.2.1", "agent": "console/1.0"}
    assert event["initiator"]["request_id"] == response.headers["X-Openstack-Request-Id"]
    assert event["target"]["id"] == SERVER["id"]
    assert event["target"]["typeURI"] == "service/compute/instances/instance"
    assert event["requestPath"] == f"{INSTANCE}/stop"
    (rule,) = event["attachments"]
    assert rule["content"] == "kic_vm:instances:stop"


@pytest.mark.parametrize(
    "application", ["[oslo_middleware]\nenable_proxy_headers_parsing = true\n"], indirect=True
)
@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.66, 192.0.2.1", "192.0.2.1"),
        ("203.0.113.66, ::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("203.0.113.66, nobody", "unknown"),
    ],
)
def test_address(
    member: Caller, populated: Cloud, lines: list[str], forwarded: str, address: str
) -> None:
    """The event has the address that the nearest proxy has added, not what the client wrote."""
    member.post(f"{INSTANCE}/stop", headers={"X-Forwarded-For": forwarded})
    (event,) = events(lines)
    assert event["initiator"]["host"]["address"] == address


@pytest.mark.parametrize(
    ("persona", "status", "outcome"), [("reader", 403, "failure"), ("unknown", 401, "failure")]
)
def test_refusal(
    caller: Callable[[str], Caller],
    populated: Cloud,
    lines: list[str],
    persona: str,
    status: int,
    outcome: str,
) -> None:
    """A refused change is an event, too; an invalid token has no user, whatever it says it has."""
    headers = {"X-User-Id": "forged", "X-Project-Id": "forged"}
    assert caller(persona).delete(INSTANCE, headers=headers).status_code == status
    (event,) = events(lines)
    assert (event["action"], event["outcome"]) == ("delete", outcome)
    assert event["reason"]["reasonCode"] == str(status)
    assert "forged" not in json.dumps(event)
    assert (event["initiator"]["id"] == "unknown") is (persona == "unknown")


def test_command_in_the_body(member: Caller, populated: Cloud, lines: list[str]) -> None:
    """The event names the command, also where it is not in the path."""
    member.post(f"{INSTANCE}/actions", json={"action": "soft-reboot"})
    (event,) = events(lines)
    assert event["action"] == "update/soft_reboot"


def test_created(member: Caller, populated: Cloud, lines: list[str]) -> None:
    """The event of a creation has the id of the new resource."""
    path = "/api/v1/instances"
    response = member.post(path, **arguments_of("POST", path))
    (event,) = events(lines)
    assert (event["action"], event["outcome"]) == ("create", "success")
    assert event["target"]["id"] == response.json["instance"]["id"]


def test_name_that_is_an_action(member: Caller, populated: Cloud, lines: list[str]) -> None:
    """A keypair with the name of a command is deleted, not started."""
    member.delete("/api/v1/keypairs/start")
    (event,) = events(lines)
    assert event["action"] == "delete"
    assert event["target"]["id"] == "start"


@pytest.mark.parametrize("operation", WRITES)
def test_every_change(
    caller: Callable[[str], Caller], populated: Cloud, lines: list[str], operation: str
) -> None:
    """Each has an event with an action, a type, its rule, and nothing secret."""
    method, path, rule = WRITES[operation]
    arguments = arguments_of(method, path)
    caller("admin").request(method, path_of(method, path), **arguments)
    (event,) = events(lines)
    assert event["action"] != "unknown"
    assert event["target"]["typeURI"] != "service/compute"
    assert event["target"]["id"] != "unknown" or event["outcome"] == "failure"
    assert event["attachments"][0]["content"] == rule
    text = json.dumps(event)
    assert SECRET not in text
    for word in ("PRIVATE KEY", "admin_pass", "user_data"):
        assert word not in text


def test_map_knows_every_path() -> None:
    """Each fixed part of a path that ends it or precedes an id is a keyword or an action."""
    parser = configparser.ConfigParser()
    parser.read_string(MAP.read_text())
    known = {*parser["path_keywords"], *parser["custom_actions"]}
    known |= {name.partition("/")[0] for name in known}
    parts = {
        part
        for method, path, _rule in OPERATIONS
        if method != "GET"
        for part in path.split("/")
        if part and "{" not in part and part not in {"api", "v1", "identity", "v3", "auth"}
    }
    assert parts - known == set()


def test_token_request(anybody: Caller, cloud: Cloud, lines: list[str]) -> None:
    """An attempt to get a token is an event, without the credentials."""
    cloud.answer("POST", "keystone", "/auth/tokens", {}, 401)
    user = {"id": "someone", "password": SECRET}
    identity = {"methods": ["password"], "password": {"user": user}}
    headers = {"X-User-Id": "forged"}
    body = {"auth": {"identity": identity}}
    anybody.post("/identity/v3/auth/tokens", json=body, headers=headers)
    (event,) = events(lines)
    assert (event["action"], event["outcome"]) == ("authenticate/login", "failure")
    assert "forged" not in json.dumps(event)


@pytest.mark.parametrize(
    ("application", "count"), [("", 0), ("reads = true\n", 1)], indirect=["application"]
)
def test_reads(member: Caller, populated: Cloud, lines: list[str], count: int) -> None:
    """They have events only if the operator wants them; public ones never."""
    assert member.get("/api/v1/instances?name=web").status_code == 200
    member.get("/healthcheck")
    member.get("/no/such/path")
    found = events(lines)
    assert len(found) == count
    assert all("web" not in json.dumps(event) for event in found)


def test_event_that_cannot_be_written(
    application: Any, member: Caller, populated: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request has been performed: its answer is that of the operation."""
    monkeypatch.setattr("pycadf.event.Event.as_dict", lambda _event: 1 / 0)
    assert member.post(f"{INSTANCE}/stop").status_code == 202


class TestOff:
    """By default there is no audit trail."""

    @pytest.fixture
    def application(self, shared_application: Any) -> Any:
        return shared_application

    def test_no_event(self, member: Caller, populated: Cloud, lines: list[str]) -> None:
        """Nothing is written."""
        assert member.post(f"{INSTANCE}/stop").status_code == 202
        assert events(lines) == []


@pytest.mark.parametrize("content", [None, "no section\n"])
def test_wrong_map(config_file: Path, tmp_path: Path, content: str | None) -> None:
    """A map that is missing or no configuration file is refused at start."""
    path, map_file = tmp_path / "kic-vm.conf", tmp_path / "map.conf"
    if content:
        map_file.write_text(content)
    options = f"[audit]\nenabled = true\nmap_file = {map_file}\n"
    path.write_text(f"{config_file.read_text()}\n{options}")
    with pytest.raises(cfg.Error, match=r"\[audit\] map_file: .*map\.conf"):
        deploy.load_app(configuration.load(config_file=str(path)))
