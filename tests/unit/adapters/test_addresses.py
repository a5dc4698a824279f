# SPDX-License-Identifier: Apache-2.0
"""Where services are called: at the address that the catalog of the caller's token has."""

import copy
from collections.abc import Callable
from typing import Any

from tests.unit import personas
from tests.unit.bodies import body
from tests.unit.cloud import Cloud, Request
from tests.unit.conftest import Caller

JSON = dict[str, Any]


def _with_project(request: Request, context: Any) -> JSON:
    """A token in whose catalog Cinder's address has the project in it, as older ones have."""
    persona = personas.persona_of(request.headers["X-Subject-Token"])
    told = copy.deepcopy(personas.TOKENS.get(persona) or body("token"))
    for service in told["token"]["catalog"]:
        if service["type"] == "block-storage":
            for endpoint in service["endpoints"]:
                endpoint["url"] = f"http://cinder.test/v3/{told['token']['project']['id']}"
    return told


def test_project_in_an_address(caller: Callable[[str], Caller], populated: Cloud) -> None:
    """Each project is asked about at its own address, whoever has called before."""
    populated.answer("GET", "keystone", "/auth/tokens", _with_project)
    projects = {"member": personas.PROJECT, "other": personas.OTHER_PROJECT}
    for project in projects.values():
        populated.answer("GET", "cinder", f"/{project}/types", {"volume_types": []})
    for persona in ("member", "other", "member", "other"):
        populated.forget()
        assert caller(persona).get("/api/v1/volumes/types").status_code == 200
        asked = [request.path for request in populated.requests() if "types" in request.path]
        assert asked == [f"/v3/{projects[persona]}/types"]
