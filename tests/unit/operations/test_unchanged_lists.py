# SPDX-License-Identifier: Apache-2.0
"""Recent lists that a later fetch finds unchanged: the same calls, and never an old answer."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import requests

from kic_vm.operations.recent_lists import SERVICES
from tests.unit.bodies import SERVER
from tests.unit.cloud import URLS, Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.metrics.samples import Difference
from tests.unit.nova_servers import serve, servers
from tests.unit.operations.bounded_reads import BOUND, INSTANCE, reads

Fetch = Callable[[str], tuple[Any, list[str], str]]
NEWEST = {"OpenStack-API-Version": "compute 2.90"}


@pytest.fixture
def options() -> str:
    return "[redis]\nurl = redis://redis.test\n"


@pytest.fixture
def fetch(admin: Caller, populated: Cloud) -> Fetch:
    """The list after a write, the reads that it caused, and its source."""

    def get(name: str) -> tuple[Any, list[str], str]:
        admin.post(f"{INSTANCE}/stop")
        reads(populated)
        labels = {"resource": name}
        counts = {
            source: Difference("kic_vm_recent_list_reads_total", result=source, **labels)
            for source in ("miss", "unchanged", "hit", "wait")
        }
        response = admin.get(f"/api/v1/{name}", headers=BOUND)
        (source,) = [source for source, count in counts.items() if count()]
        return response, reads(populated), source

    return get


@pytest.mark.parametrize("name", SERVICES)
def test_lists(
    admin: Caller,
    populated: Cloud,
    fetch: Fetch,
    name: str,
) -> None:
    """The same calls find each list unchanged, and any other answer is seen."""
    fetch(name)  # so that the ids of the flavors are known
    first, sent, _source = fetch(name)
    again, sent_again, source = fetch(name)
    assert (source, sent_again) == ("unchanged", sent)
    assert again.json == first.json
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Age"] == "0"
    for call in sent:
        _change(populated, call)
        changed, sent_now, source = fetch(name)
        assert source == "miss", call
        assert sent_now == sent, "an answer that arrived is used"
        assert changed.json == admin.get(f"/api/v1/{name}").json
        assert fetch(name)[2] == "unchanged"


def _change(cloud: Cloud, call: str) -> None:
    """Have a service answer a GET as before, but with another field."""
    _method, service, path = call.split(" ", 2)
    before = requests.get(URLS[service] + path, headers=NEWEST, timeout=5)
    cloud.answer("GET", service, path, {**before.json(), "new": True})


def test_change(populated: Cloud, fetch: Fetch) -> None:
    """A change that the gateway did not make is seen by the next fetch."""
    for number in range(3):
        server = {**SERVER, "name": f"name-{number}"}
        populated.answer("GET", "nova", "/servers/detail", {"servers": [server]})
        response, _reads, source = fetch("instances")
        assert source == "miss"
        assert response.json["instances"][0]["name"] == f"name-{number}"


def test_pages(admin: Caller, populated: Cloud, fetch: Fetch) -> None:
    """All pages are read again, side by side, and whether all cells answer is checked again."""
    found = servers(25)
    serve(populated, found, max_limit=10)
    fetch("instances")
    first, sent, _source = fetch("instances")
    again, sent_again, source = fetch("instances")
    assert (source, sent_again) == ("unchanged", sent)
    assert sum("/servers/detail" in call for call in sent) == 3
    assert sum("/os-services" in call for call in sent) == 1
    assert again.json == first.json
    serve(populated, found, down={found[-1]["id"]}, max_limit=10)
    admin.post(f"{INSTANCE}/stop")
    response = admin.get("/api/v1/instances", headers=BOUND)
    assert refusal(response, 503, "upstream_unavailable")["service"] == "compute"


def test_new_server_that_is_missing(admin: Caller, populated: Cloud, fetch: Fetch) -> None:
    """The same pages again do not prove that the project has no new server."""
    found = servers(25)
    serve(populated, found[1:], max_limit=10)
    assert fetch("instances")[0].json["pagination"]["total"] == 24
    serve(populated, found, silent={found[0]["id"]}, max_limit=10)
    admin.post(f"{INSTANCE}/stop")
    response = admin.get("/api/v1/instances", headers=BOUND)
    assert refusal(response, 503, "upstream_unavailable")["service"] == "compute"


def test_server_that_has_started(populated: Cloud, fetch: Fetch) -> None:
    """A new server in the pages costs no second reading of them all."""
    found = servers(25)
    serve(populated, found[1:], max_limit=10)
    for _time in range(2):
        fetch("instances")
    serve(populated, found, max_limit=10)
    response, sent, source = fetch("instances")
    assert (source, response.json["pagination"]["total"]) == ("miss", 25)
    assert sum("/servers/detail" in call and "marker" not in call for call in sent) == 1


def test_page_whose_marker_is_gone(populated: Cloud, fetch: Fetch) -> None:
    """If the server before a page is deleted, the list is read from the beginning."""
    found = servers(25)
    serve(populated, found, max_limit=10)
    for _time in range(3):
        fetch("instances")
    left = [server for server in found if server["id"] != found[9]["id"]]
    serve(populated, left, max_limit=10)
    gone = found[9]["id"]
    refused = {"badRequest": {"code": 400, "message": f"marker [{gone}] not found"}}
    populated.answer("GET", "nova", f"/servers/detail?marker={gone}", refused, 400)
    response, _reads, source = fetch("instances")
    assert source == "miss"
    assert response.json["pagination"]["total"] == 24


def test_waiting_resize(populated: Cloud, fetch: Fetch) -> None:
    """Time decides when a resize is confirmed, so a list with one is always built again."""
    server = copy.deepcopy(SERVER) | {"status": "VERIFY_RESIZE", "OS-EXT-STS:vm_state": "resized"}
    populated.answer("GET", "nova", "/servers/detail", {"servers": [server]})
    assert [fetch("instances")[2] for _time in range(3)] == ["miss"] * 3


def test_failure(admin: Caller, populated: Cloud, fetch: Fetch) -> None:
    """A service that fails while the reads are repeated is a failure as any other."""
    for _time in range(3):
        fetch("volumes")
    populated.take_down("cinder")
    admin.post(f"{INSTANCE}/stop")
    response = admin.get("/api/v1/volumes", headers=BOUND)
    assert refusal(response, 503, "upstream_unavailable")["service"] == "block-storage"
