# SPDX-License-Identifier: Apache-2.0
"""However few items a service puts into one answer, the gateway's answer is the same."""

import datetime
from collections.abc import Callable
from typing import Any, Final

import pytest

from kic_vm import policies
from kic_vm.operations.history import instance_history, usage
from tests.unit.answers import Answered, answers
from tests.unit.cloud import Cloud, Request
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.prepared import prepare
from tests.unit.requests_of import arguments_of, path_of

JSON = dict[str, Any]

# Lists that their services never cut, and Nova's servers, of which test_cells is.
_WHOLE: Final = {"role_assignments", "roles", "users", "members", "attachments", "servers"}
_LINKS: Final = {"volume_types": "volume_type_links", "instanceActions": "links"}
OPERATIONS: Final = sorted(
    f"{item['method']} {item['path']}"
    for rule in policies.guarding_rules()
    for item in rule.operations
    if item["method"] == "GET"
    and item["path"].startswith("/api/v1/")
    # It calls no service, and needs Redis.
    and item["path"] != "/api/v1/events"
)


def marker_of(item: JSON) -> str:
    """The marker that stands for an item, as requests-mock shows queries."""
    keypair = item.get("keypair", {})
    return str(keypair.get("name") or item.get("request_id") or item["id"]).lower()


def cut(cloud: Cloud, answered: Answered, key: str) -> None:
    """Have a service answer with one item at a time, and announce the next one."""
    items = answered.body[key]

    def page(request: Request, _context: Any) -> JSON:
        markers = [marker_of(item) for item in items]
        begin = markers.index(request.qs["marker"][0]) + 1 if "marker" in request.qs else 0
        shown: JSON = {key: items[begin : begin + 1]}
        if begin < len(items):
            shown[_LINKS.get(key, f"{key}_links")] = [{"rel": "next", "href": "http://x.test"}]
            shown["next"] = "/next"
        return shown

    answered.answer_with(cloud, page)


def cut_all(cloud: Cloud) -> set[str]:
    """Cut every list that was read so far; the names of those with several items."""
    longer = set()
    for answered in answers(cloud):
        for key, value in answered.body.items():
            is_list = isinstance(value, list) and value and isinstance(value[0], dict)
            if is_list and key not in _WHOLE and not key.endswith("links"):
                cut(cloud, answered, key)
                if len(value) > 1:
                    longer.add(key)
    return longer


@pytest.fixture
def application(shared_application: Any) -> Any:
    """What it remembers makes no difference."""
    return shared_application


@pytest.fixture
def _stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of all responses of a test: the last period of an instance lasts until now."""
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    for module in (instance_history, usage):
        monkeypatch.setattr(module, "now_in_seconds", lambda: now)


@pytest.mark.usefixtures("_stopped_clock")
@pytest.mark.parametrize("operation", OPERATIONS)
def test_same_answer(caller: Callable[[str], Caller], populated: Cloud, operation: str) -> None:
    """Every read is the same when it is made of pages of one item each."""
    method, template = operation.split(" ")
    prepare(populated, operation)
    path, arguments = path_of(method, template), arguments_of(method, template)
    whole = caller("member").request(method, path, **arguments)
    if whole.status_code == 403:
        whole = caller("admin").request(method, path, **arguments)
    assert whole.status_code == 200, whole.text
    cut_all(populated)
    populated.forget()
    again = caller("member").request(method, path, **arguments)
    if again.status_code == 403:
        again = caller("admin").request(method, path, **arguments)
    assert again.json == whole.json


@pytest.mark.parametrize(
    ("path", "lists"),
    [
        ("/api/v1/volumes", {"volumes"}),
        ("/api/v1/images", {"images"}),
        ("/api/v1/flavors", {"flavors"}),
        ("/api/v1/public-ips", {"floatingips"}),
        ("/api/v1/network-interfaces", {"ports"}),
        ("/api/v1/snapshots", {"snapshots"}),
    ],
)
def test_lists_are_cut(
    caller: Callable[[str], Caller], populated: Cloud, path: str, lists: set[str]
) -> None:
    """The test above is about something: these lists have several pages then."""
    assert caller("admin").get(path).status_code == 200
    assert lists <= cut_all(populated)


@pytest.mark.parametrize("name", ["role_assignments", "roles"])
def test_truncated_by_keystone(
    caller: Callable[[str], Caller], populated: Cloud, name: str
) -> None:
    """Keystone gives no further pages: a list that it has truncated is no list of members."""
    path = path_of("GET", "/api/v1/projects/{project_id}/members")
    assert caller("admin").get(path).status_code == 200
    for answered in answers(populated):
        if name in answered.body:
            answered.answer_with(populated, answered.body | {"truncated": True})
    assert refusal(caller("admin").get(path), 502, "upstream_error")["service"] == "identity"
