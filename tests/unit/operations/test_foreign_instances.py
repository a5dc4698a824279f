# SPDX-License-Identifier: Apache-2.0
"""Instances of other projects: not there, whatever Nova shows."""

from collections.abc import Callable

import pytest

from tests.unit.bodies import INSTANCE, SERVER
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal


@pytest.mark.parametrize("persona", ["other", "operator"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("PUT", ""),
        ("DELETE", ""),
        *(
            ("POST", f"/{command}")
            for command in ("start", "stop", "soft-reboot", "hard-reboot", "shelve", "unshelve")
        ),
    ],
)
def test_another_projects(
    caller: Callable[[str], Caller], populated: Cloud, persona: str, method: str, path: str
) -> None:
    """It is 404, also to a cloud admin to whom Nova shows it; and nothing happens to it."""
    body = {"json": {"instance": {"name": "mine"}}} if method == "PUT" else {}
    response = caller(persona).request(method, INSTANCE + path, **body)
    error = refusal(response, 404, "not_found")
    assert SERVER["name"] not in error["message"]
    assert populated.writes() == []


def test_server_that_nova_hides(reader: Caller, populated: Cloud) -> None:
    """Nova's 403 about a server that it has not scheduled yet is 404 as well."""
    populated.refuse("GET", "nova", f"/servers/{SERVER['id']}", "nova_403_policy")
    refusal(reader.get(INSTANCE), 404, "not_found")
