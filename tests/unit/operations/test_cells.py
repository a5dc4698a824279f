# SPDX-License-Identifier: Apache-2.0
"""A part of Nova that does not answer: 503, never an answer without the servers in it."""

from typing import Any

import pytest
import requests

from tests.unit.bodies import INSTANCE, SERVER, body
from tests.unit.cloud import MICROVERSION, Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.nova_servers import REPORT, UNEXPECTED, UNREACHED, fragment, serve, servers
from tests.unit.personas import GATEWAY, persona_of

JSON = dict[str, Any]
LIST = "/api/v1/instances"
VOLUMES = "/api/v1/volumes"


@pytest.fixture
def options() -> str:
    """Of its own: what the gateway remembers of the project counts here."""
    return "[api]\nregion = kr-central-2\n"


def refused(response: Any) -> None:
    """The answer is that of a compute service of which a part is down."""
    assert refusal(response, 503, "upstream_unavailable")["service"] == "compute"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_fragment(member: Caller, populated: Cloud, method: str) -> None:
    """Nova knows little of one server at the moment."""
    populated.answer("GET", "nova", f"/servers/{SERVER['id']}", {"server": fragment(SERVER)})
    sent = {"json": {"instance": {"name": "n"}}} if method == "PUT" else {}
    refused(member.request(method, INSTANCE, **sent))
    assert populated.writes() == []


@pytest.mark.parametrize(
    "name", ["nova.exception.NovaException", "oslo_db.exception.DBConnectionError"]
)
@pytest.mark.parametrize(
    "path", [INSTANCE, f"{INSTANCE}/action-logs", f"{INSTANCE}/network-interfaces"]
)
def test_failure(member: Caller, populated: Cloud, name: str, path: str) -> None:
    """Below the microversion that has fragments Nova fails."""
    fault = {"computeFault": {"code": 500, "message": UNEXPECTED.format(name)}}
    populated.answer("GET", "nova", f"/servers/{SERVER['id']}", fault, 500)
    refused(member.get(path))


def test_list_that_nova_refuses(member: Caller, populated: Cloud) -> None:
    """With ``list_records_by_skipping_down_cells = False`` Nova fails by itself."""
    message = UNEXPECTED.format("nova.exception.NovaException")
    fault = {"computeFault": {"code": 500, "message": message}}
    populated.answer("GET", "nova", "/servers/detail", fault, 500)
    refused(member.get(LIST))


@pytest.mark.parametrize("query", ["", "limit=1", "name=web"])
@pytest.mark.parametrize("path", [LIST, VOLUMES])
def test_list_that_fails(member: Caller, populated: Cloud, path: str, query: str) -> None:
    """Nova fails when a cell's database answers with an error that it does not expect."""
    serve(populated, servers(10), down={servers(10)[0]["id"]})
    fault = {"computeFault": {"code": 500, "message": UNEXPECTED.format("TypeError")}}
    for lists in ("/servers/detail", "/servers"):
        populated.answer("GET", "nova", lists, fault, 500)
    refused(member.get(f"{path}?{query}"))


@pytest.mark.parametrize("status", [200, 403])
def test_list_that_fails_for_another_reason(member: Caller, populated: Cloud, status: int) -> None:
    """When all cells answer, or the gateway may not know, Nova's failure is 502."""
    serve(populated, servers(2))
    populated.answer("GET", "nova", "/servers/detail", {}, 500)
    services = {"services": [{"id": "1", "binary": "nova-compute", "host": "one"}]}
    populated.answer("GET", "nova", "/os-services?binary=nova-compute", services, status)
    assert refusal(member.get(LIST), 502, "upstream_error")["service"] == "compute"


@pytest.mark.parametrize("query", ["", "limit=1", "limit=1&offset=3", "name=web-01", "limit=1000"])
@pytest.mark.parametrize("max_limit", [1000, 10, 7, 3, 2])
@pytest.mark.parametrize("down", [0, 4, 9])
def test_list(member: Caller, populated: Cloud, query: str, max_limit: int, down: int) -> None:
    """Wherever in the list the servers are that are missing, and however long Nova's pages are."""
    found = servers(10)
    serve(populated, found)
    assert member.get(LIST).json["pagination"]["total"] == 10
    serve(populated, found, down={found[down]["id"]}, max_limit=max_limit)
    refused(member.get(f"{LIST}?{query}"))
    serve(populated, found, max_limit=max_limit)
    page = member.get(f"{LIST}?{query}")
    assert page.status_code == 200
    assert page.json["pagination"]["total"] == (1 if "name" in query else 10)


def test_other_projects_cell(member: Caller, populated: Cloud) -> None:
    """A cell in which the project has nothing is missed by nobody."""
    serve(populated, servers(3), down={"an id of nobody's"})
    assert member.get(LIST).json["pagination"]["total"] == 3


def test_server_of_unknown_status(member: Caller, populated: Cloud) -> None:
    """Nova's word for a state that it does not know is no fragment."""
    serve(populated, [SERVER | {"status": "UNKNOWN"}])
    assert member.get(LIST).json["pagination"]["total"] == 1


PROJECT_REPORT = f"{REPORT}/{SERVER['tenant_id']}"


@pytest.mark.parametrize("max_limit", [7, 3, 2])
@pytest.mark.parametrize("missing", [0, 4, 9])
def test_list_that_lacks_one(
    member: Caller, populated: Cloud, max_limit: int, missing: int
) -> None:
    """The cell fails for a moment, or has no compute hosts: only Nova's usage report shows it."""
    found = servers(10)
    serve(populated, found, silent={found[missing]["id"]}, max_limit=max_limit)
    refused(member.get(LIST))
    serve(populated, found, max_limit=max_limit)
    assert member.get(LIST).json["pagination"]["total"] == 10


def test_gateway_that_is_no_admin(member: Caller, populated: Cloud) -> None:
    """To a gateway's user who sees no other project, a 404 does not prove that a server is gone."""
    found = servers(10)
    serve(populated, found, silent={found[0]["id"]}, max_limit=7)

    def show(request: Any, context: Any) -> JSON:
        if persona_of(request.headers["X-Auth-Token"]) != GATEWAY:
            return {"server": found[0]}
        context.status_code = 404
        message = f"Instance {found[0]['id']} could not be found."
        return {"itemNotFound": {"code": 404, "message": message}}

    populated.answer("GET", "nova", f"/servers/{found[0]['id']}", json=show)
    refused(member.get(LIST))


def test_report_that_fails(member: Caller, populated: Cloud) -> None:
    """The cell has no compute hosts: its database does not answer the report."""
    serve(populated, servers(10), max_limit=3)
    populated.answer("GET", "nova", PROJECT_REPORT, UNREACHED, 500)
    refused(member.get(LIST))


@pytest.mark.parametrize(
    ("state", "status"),
    [("soft-delete", None), ("terminated", None), ("active", "SOFT_DELETED"), ("active", None)],
)
def test_report_of_what_is_gone(
    member: Caller, populated: Cloud, state: str, status: str | None
) -> None:
    """The report has a server that was deleted meanwhile, or earlier."""
    found = servers(10)
    serve(populated, found, silent={"gone"}, max_limit=7)
    usages = [{"instance_id": one["id"], "state": "active"} for one in found]
    usages.append({"instance_id": "gone", "state": state})
    populated.answer("GET", "nova", PROJECT_REPORT, {"tenant_usage": {"server_usages": usages}})
    if status:
        server = {"server": found[0] | {"id": "gone", "status": status}}
        populated.answer("GET", "nova", "/servers/gone", server)
    assert member.get(LIST).json["pagination"]["total"] == 10


def test_servers_that_start_meanwhile(member: Caller, populated: Cloud) -> None:
    """One starts after each list, and before each report: the second list has the first of them."""
    found = servers(20)
    running = 10

    def list_servers(request: Any, context: Any) -> JSON:
        serve(populated, found[-running:], max_limit=7)
        answer: JSON = requests.get(request.url, headers=request.headers, timeout=5).json()
        populated.answer("GET", "nova", "/servers/detail", json=list_servers)
        populated.answer("GET", "nova", PROJECT_REPORT, json=report)
        return answer

    def report(request: Any, context: Any) -> JSON:
        nonlocal running
        running += "marker" not in request.qs
        shown = [{"instance_id": one["id"], "state": "active"} for one in found[-running:]]
        return {"tenant_usage": {"server_usages": shown}}

    for one in found:
        populated.answer("GET", "nova", f"/servers/{one['id']}", {"server": one})
    populated.answer("GET", "nova", "/servers/detail", json=list_servers)
    assert member.get(LIST).json["pagination"]["total"] == 11


def test_many_deleted_servers(member: Caller, populated: Cloud) -> None:
    """A report with many servers that are gone hides none that is missing."""
    found = servers(10)
    gone = [f"0-gone-{number:03}" for number in range(120)]
    serve(populated, found, silent={found[0]["id"], *gone}, max_limit=7)
    usages = [{"instance_id": one, "state": "active"} for one in (*gone, found[0]["id"])]
    populated.answer("GET", "nova", PROJECT_REPORT, {"tenant_usage": {"server_usages": usages}})
    refused(member.get(LIST))


@pytest.mark.parametrize("status", [400, 401, 404, 409, 413])
@pytest.mark.parametrize("path", [PROJECT_REPORT, "/os-services?binary=nova-compute"])
def test_check_that_nova_refuses(member: Caller, populated: Cloud, path: str, status: int) -> None:
    """It is not the caller who has sent a wrong request."""
    serve(populated, servers(10), max_limit=7)
    fault = {"badRequest": {"code": status, "message": "refused"}}
    populated.answer("GET", "nova", path, fault, status)
    assert refusal(member.get(LIST), 502, "upstream_error")["service"] == "compute"


def test_cell_that_goes_down_meanwhile(member: Caller, populated: Cloud) -> None:
    """The ids are all there, but not the servers of the page: the whole list is asked for."""
    found = servers(10)
    serve(populated, found)
    member.get(LIST)
    serve(populated, found, down={found[0]["id"]})
    populated.answer(
        "GET", "nova", "/servers", {"servers": [{"id": one["id"], "name": "n"} for one in found]}
    )
    refused(member.get(f"{LIST}?limit=1"))


def test_gateway_that_may_not_ask(member: Caller, populated: Cloud, lines: list[str]) -> None:
    """Without the right to list Nova's services a list of several pages cannot be vouched for."""
    serve(populated, servers(5), max_limit=3)
    populated.answer("GET", "nova", "/os-services?binary=nova-compute", {}, 403)
    refusal(member.get(LIST), 502, "gateway_not_allowed")
    assert any("list the compute services" in line for line in lines)
    serve(populated, servers(5), max_limit=3)
    populated.answer("GET", "nova", PROJECT_REPORT, {}, 403)
    refusal(member.get(LIST), 502, "gateway_not_allowed")


def attached(status: str, *server_ids: str) -> JSON:
    """A volume, with what Cinder tells of its attachments."""
    volume: JSON = body("volumes")["volumes"][0]
    attachment = volume["attachments"][0]
    attachments = [attachment | {"server_id": one} for one in server_ids]
    return volume | {"status": status, "attachments": attachments}


@pytest.mark.parametrize(
    "volume",
    [
        attached("in-use", SERVER["id"]),
        attached("in-use", "another", SERVER["id"]),
        attached("reserved"),
        attached("detaching"),
    ],
)
def test_volumes(member: Caller, populated: Cloud, volume: JSON) -> None:
    """A volume whose server is not listed is shown only if all of Nova answers."""
    populated.answer("GET", "cinder", "/volumes/detail", {"volumes": [volume]})
    serve(populated, [SERVER], down={SERVER["id"]})
    refused(member.get(VOLUMES))
    serve(populated, [])
    assert member.get(VOLUMES).json["pagination"]["total"] == 1


@pytest.mark.parametrize("volume", [attached("available"), attached("error")])
def test_volumes_without_servers(member: Caller, populated: Cloud, volume: JSON) -> None:
    """Volumes of which no server is to be known are listed whatever Nova's cells do."""
    populated.answer("GET", "cinder", "/volumes/detail", {"volumes": [volume]})
    serve(populated, servers(2), down={servers(2)[0]["id"]})
    assert member.get(VOLUMES).status_code == 200
    (asked,) = populated.sent("nova")
    assert asked.headers[MICROVERSION] == "compute 2.1"


def test_slow_cell(member: Caller, populated: Cloud) -> None:
    """Nova waits for a cell for longer than the gateway waits for Nova."""
    populated.fail("GET", "nova", "/servers/detail", requests.ReadTimeout)
    assert refusal(member.get(LIST), 504, "upstream_timeout")["service"] == "compute"
