# SPDX-License-Identifier: Apache-2.0
"""One line for each request, that says what it was and what it cost, and nothing secret."""

import io
import json
import logging
import re

import pytest
from oslo_log import formatters

from tests.unit.bodies import INSTANCE
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.personas import PROJECT, SECRET


def access_lines(lines: list[str]) -> list[dict[str, str]]:
    """The access log, each line as key and value."""
    found = [line for line in lines if "kic_vm.middleware.access_log" in line]
    return [dict(re.findall(r"(\w+)=(\S+)", line)) for line in found]


def test_line_of_an_operation(member: Caller, populated: Cloud, lines: list[str]) -> None:
    """It has method, route, status, times, calls, project and request id."""
    member.get("/api/v1/instances")
    response = member.get(INSTANCE)
    line = access_lines(lines)[-1]
    assert {key: line[key] for key in ("method", "route", "status", "project")} == {
        "method": "GET",
        "route": "/api/v1/instances/{instance_id}",
        "status": "200",
        "project": PROJECT,
    }
    assert line["upstream_calls"] == "4"
    assert float(line["time"]) >= 0
    assert float(line["upstream_time"]) >= 0
    assert line["request_id"] == response.headers["X-Openstack-Request-Id"]


@pytest.mark.parametrize(
    ("method", "path", "status", "route"),
    [
        ("GET", "/healthcheck", "200", "/healthcheck"),
        ("GET", "/api/v1/instances", "401", "/api/v1/instances"),
        ("GET", "/nowhere/at/all", "401", "-"),
        ("PATCH", "/healthcheck", "401", "-"),
    ],
)
def test_line_of_anybody(
    anybody: Caller, lines: list[str], method: str, path: str, status: str, route: str
) -> None:
    """Requests that come to nothing have their line too, without a project."""
    anybody.request(method, path)
    (line,) = access_lines(lines)
    assert (line["method"], line["status"], line["route"]) == (method, status, route)
    assert (line["project"], line["upstream_calls"]) == ("-", "0")


def test_no_path_and_no_query(member: Caller, populated: Cloud, lines: list[str]) -> None:
    """Neither ids nor what was asked for are in the access log."""
    member.get(f"{INSTANCE}?name={SECRET}")
    member.get("/api/v1/keypairs/my-name-for-it")
    logged = " ".join(str(line) for line in access_lines(lines))
    assert INSTANCE.rpartition("/")[2] not in logged
    assert "my-name-for-it" not in logged


def test_forged_line(anybody: Caller, lines: list[str]) -> None:
    """A path with a line break in it makes no second line."""
    anybody.get("/x%0amethod=GET route=/forged")
    assert not any("forged" in line for line in lines)
    assert len(access_lines(lines)) == 1


def test_line_for_machines(member: Caller, populated: Cloud) -> None:
    """In JSON the line has its values apart, numbers as numbers."""
    member.get(INSTANCE)  # the next one finds what this one leaves in the caches
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatters.JSONFormatter())
    logger = logging.getLogger("kic_vm.middleware.access_log")
    logger.addHandler(handler)
    try:
        response = member.get(INSTANCE)
    finally:
        logger.removeHandler(handler)
    (line,) = [json.loads(line) for line in stream.getvalue().splitlines()]
    values = line["args"]
    assert values.pop("time") >= 0
    assert values.pop("upstream_time") >= 0
    assert values == {
        "method": "GET",
        "route": "/api/v1/instances/{instance_id}",
        "status": 200,
        "upstream_calls": 4,
        "project": PROJECT,
        "request_id": response.headers["X-Openstack-Request-Id"],
    }
    assert line["levelname"] == "INFO"
    assert line["context"]["request_id"] == values["request_id"]
