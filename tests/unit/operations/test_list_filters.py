# SPDX-License-Identifier: Apache-2.0
"""Filters of all lists: one rule for each kind of value, and no value is missed in silence."""

import datetime
import itertools
from collections.abc import Callable
from typing import Any, Final

import pytest
from marshmallow import Schema, fields

from kic_vm.mappings import images as images_mapping
from kic_vm.mappings import snapshots as snapshots_mapping
from kic_vm.schemas import (
    filters,
    flavors,
    images,
    instances,
    keypairs,
    network_interfaces,
    project_members,
    public_ips,
    route_tables,
    security_groups,
    snapshots,
    subnets,
    volumes,
    vpcs,
)
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.requests_of import path_of

JSON = dict[str, Any]

LISTS: Final[dict[str, type[Schema]]] = {
    "/api/v1/flavors": flavors.FlavorListQuerySchema,
    "/api/v1/images": images.ImageListQuerySchema,
    "/api/v1/instances": instances.InstanceListQuerySchema,
    "/api/v1/keypairs": keypairs.KeypairListQuerySchema,
    "/api/v1/network-interfaces": network_interfaces.NetworkInterfaceListQuerySchema,
    "/api/v1/projects/{project_id}/members": project_members.MemberListQuerySchema,
    "/api/v1/public-ips": public_ips.PublicIpListQuerySchema,
    "/api/v1/route-tables": route_tables.RouteTableListQuerySchema,
    "/api/v1/security-groups": security_groups.SecurityGroupListQuerySchema,
    "/api/v1/snapshots": snapshots.SnapshotListQuerySchema,
    "/api/v1/subnets": subnets.SubnetListQuerySchema,
    "/api/v1/volumes": volumes.VolumeListQuerySchema,
    "/api/v1/vpcs": vpcs.VpcListQuerySchema,
}
PAGING: Final = {"limit", "offset", "sort_keys", "sort_dirs"}
FILTERS: Final[list[tuple[str, str, Any]]] = [
    (path, name, field)
    for path, schema in LISTS.items()
    for name, field in schema().fields.items()
    if name not in PAGING
]
# Where an item has what a filter of another name looks at.
PLACES: Final[dict[str, Callable[[JSON], list[Any]]]] = {
    "association_count": lambda item: [str(len(item["associations"]))],
    "destination": lambda item: [route["destination"] for route in item["routes"]],
    "flavor_name": lambda item: [item["flavor"]["name"]],
    "image_name": lambda item: [item["image"]["name"]],
    "image_type": lambda item: [images_mapping.image_type(item["visibility"])],
    "related_resource_id": lambda item: [(item["related_resource"] or {}).get("id")],
    "related_resource_name": lambda item: [(item["related_resource"] or {}).get("name")],
    "security_group_id": lambda item: [group["id"] for group in item["security_groups"]],
    "security_group_name": lambda item: [group["name"] for group in item["security_groups"]],
}
# Those where it depends on the list.
PLACES_IN: Final[dict[tuple[str, str], Callable[[JSON], list[Any]]]] = {
    ("/api/v1/images", "os_type"): lambda item: [item["os_info"]["type"]],
    ("/api/v1/instances", "os_type"): lambda item: [item["image"]["os_type"]],
    ("/api/v1/instances", "private_ip"): lambda item: [
        address["private_ip"] for address in item["addresses"]
    ],
    ("/api/v1/instances", "public_ip"): lambda item: [
        address["public_ip"] for address in item["addresses"]
    ],
    ("/api/v1/route-tables", "subnet_id"): lambda item: [
        association["subnet_id"] for association in item["associations"]
    ],
    ("/api/v1/route-tables", "subnet_name"): lambda item: [
        association["subnet_name"] for association in item["associations"]
    ],
}


def of_kind(*kinds: type[fields.Field[Any]]) -> pytest.MarkDecorator:
    """The filters of some kinds, as a test's parameters."""
    chosen = [row for row in FILTERS if isinstance(row[2], kinds)]
    return pytest.mark.parametrize(
        ("path", "name", "field"), chosen, ids=[f"{path} {name}" for path, name, _field in chosen]
    )


@pytest.fixture
def application(shared_application: Any) -> Any:
    """Nothing here depends on what the gateway remembers."""
    return shared_application


@pytest.fixture
def admin(caller: Callable[[str], Caller]) -> Caller:
    """Who may read every list."""
    return caller("admin")


def items(who: Caller, path: str, **query: str) -> list[JSON]:
    """A list's items."""
    answer = who.get(path_of("GET", path), query_string={"limit": "1000", **query})
    assert answer.status_code == 200, answer.text
    (shown,) = (value for key, value in answer.json.items() if key != "pagination")
    return list(shown)


def values_of(path: str, name: str, item: JSON) -> list[Any]:
    """What a filter looks at in an item."""
    place = PLACES_IN.get((path, name)) or PLACES.get(name) or (lambda shown: [shown[name]])
    return [value for value in place(item) if value is not None]


def written_otherwise(text: str) -> set[str]:
    """The same text by the rule of all filters."""
    cases = [text.upper(), text.lower(), text.swapcase()]
    return {
        changed
        for case in cases
        for changed in (case, case.replace("-", "_"), case.replace("_", "-"))
    }


def test_lists(anybody: Caller) -> None:
    """The table here has every list that can be filtered."""
    paths = anybody.get("/openapi.json").json["paths"]
    described = {
        path
        for path, operations in paths.items()
        for parameter in operations.get("get", {}).get("parameters", [])
        if parameter["name"] == "sort_keys"
    }
    assert described == LISTS.keys()


def test_kinds() -> None:
    """Every filter is of a kind that has its rule."""
    kinds = (
        filters.Enumerated,
        filters.Moment,
        filters.Text,
        filters.Unavailable,
        fields.Boolean,
        fields.Integer,
    )
    assert [(path, name) for path, name, field in FILTERS if not isinstance(field, kinds)] == []


@of_kind(filters.Text, filters.Enumerated, fields.Boolean, fields.Integer)
def test_shown_values(admin: Caller, populated: Cloud, path: str, name: str, field: Any) -> None:
    """What an item shows finds that item, in whatever case and with - or _."""
    whole = items(admin, path)
    for item in whole:
        for value in values_of(path, name, item):
            if value == "" and not isinstance(field, filters.PartOfName):
                continue  # a network interface without a device
            texts = written_otherwise(value) if isinstance(value, str) else {str(value)}
            for text in texts:
                if isinstance(field, filters.Address | filters.MacAddress) and "_" in text:
                    continue
                assert item in items(admin, path, **{name: text}), (name, text)


@of_kind(filters.Enumerated)
def test_enumerations(admin: Caller, populated: Cloud, path: str, name: str, field: Any) -> None:
    """Every value is known however it is written; any other text is refused with the list."""
    for word, value in [*zip(field.values, field.values, strict=True), *field.aliases.items()]:
        expected = items(admin, path, **{name: value})
        for text in written_otherwise(word):
            assert items(admin, path, **{name: text}) == expected, text
    for text in ("", "nonsense", f"{field.values[0]}x", " "):
        answer = admin.get(path_of("GET", path), query_string={name: text})
        message = refusal(answer, 400, "invalid_request")["message"]
        assert message.startswith(f"{name}: ")
        assert all(value in message for value in field.values)


def test_values_that_are_shown() -> None:
    """Filters know each status that the mappings give."""
    assert set(images_mapping._STATUSES.values()) | {"error"} == set(images.STATUSES)
    assert set(snapshots_mapping._STATUSES.values()) <= set(snapshots.STATUSES)


@of_kind(filters.Moment)
def test_moments(admin: Caller, populated: Cloud, path: str, name: str, field: Any) -> None:
    """An item is found by its time in any form of RFC 3339, and by the parts of it."""
    stamps = [item for item in items(admin, path) if item[name]]
    for item in stamps[:2]:
        moment = datetime.datetime.fromisoformat(item[name])
        for hours in (0, 9, -8, 5.75):
            there = moment.astimezone(datetime.timezone(datetime.timedelta(hours=hours)))
            offset = there.strftime("%z")[:3] + ":" + there.strftime("%z")[3:]
            for form in ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dt%H:%M:%S.123456789", "%Y-%m-%d %H:%M:%S"):
                for end in (offset, offset.replace("+", " "), *(["Z", "z"] if not hours else [])):
                    text = there.strftime(form) + end
                    assert item in items(admin, path, **{name: text}), text
            for form in ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H", "%H:%M", "%H:%M:%S"):
                assert item in items(admin, path, **{name: there.strftime(form) + offset})
        for form in ("%Y-%m-%d", "%Y-%m", "%Y", "%Y-%m-%dT%H:%M:%S", "%H:%M"):
            assert item in items(admin, path, **{name: moment.strftime(form)})
        other = moment + datetime.timedelta(seconds=1)
        assert item not in items(admin, path, **{name: other.isoformat()})
    for text in NO_TIMES:
        answer = admin.get(path_of("GET", path), query_string={name: text})
        message = refusal(answer, 400, "invalid_request")["message"]
        assert message.startswith(f"{name}: Must be a date or a time")


NO_TIMES: Final = [
    "",
    "yesterday",
    "20",
    "2026-13-01",
    "2026-02-30",
    "2026-11-23T25:00:00Z",
    "2026-11-23T10:61Z",
    "2026-11-23T10:47:01+25:00",
    "2026-11-23T10:47:01+09:61",
    "2026-11-23T10:47:01ZZ",
    "24:30",
    "10",
    "1795430821",
    "2026/11/23",
    "\uff12026-11-23",
]


@of_kind(filters.Address, filters.AddressRange, filters.MacAddress)
def test_no_addresses(admin: Caller, populated: Cloud, path: str, name: str, field: Any) -> None:
    """What is no address is refused, a part of one too."""
    for text in ("10.20", "x", "300.0.0.1", "fa:16", ""):
        answer = admin.get(path_of("GET", path), query_string={name: text})
        assert refusal(answer, 400, "invalid_request")["message"].startswith(f"{name}: Must be")


ZONED: Final = [path for path, schema in LISTS.items() if "availability_zone" in schema().fields]


@pytest.mark.parametrize("path", ZONED)
def test_zones(admin: Caller, populated: Cloud, path: str) -> None:
    """A zone that nobody knows is refused with those that are, before any call."""
    populated.forget()
    answer = admin.get(path, query_string={"availability_zone": "kr-central-9-a"})
    message = refusal(answer, 400, "invalid_request")["message"]
    assert "kr-central-2-a, kr-central-2-b" in message
    assert populated.calls() == []


@of_kind(filters.Unavailable)
def test_unavailable(admin: Caller, populated: Cloud, path: str, name: str, field: Any) -> None:
    """A filter on what the list never has is refused; the usual order is that of the names."""
    answer = admin.get(path_of("GET", path), query_string={name: "2026-11-23"})
    assert name in refusal(answer, 400, "invalid_request")["message"]
    names = [item["name"] for item in items(admin, path)]
    assert names == sorted(names)
    assert names == [item["name"] for item in items(admin, path, sort_keys="created_at")]


@pytest.mark.parametrize("path", sorted(LISTS))
def test_orders(admin: Caller, populated: Cloud, path: str) -> None:
    """A list can be sorted by each field that its items can have, and by no other."""
    whole = items(admin, path)
    keys = {key for item in whole for key in item}
    for key in sorted(keys - {"created_at"}):
        answer = admin.get(path_of("GET", path), query_string={"sort_keys": key.upper()})
        has_text = any(isinstance(item[key], str | int) for item in whole)
        if has_text:
            assert answer.status_code == 200, key


@pytest.mark.parametrize("path", sorted(LISTS))
def test_all_at_once(admin: Caller, populated: Cloud, path: str) -> None:
    """Filters of all kinds go together."""
    whole = items(admin, path)
    for item in whole:
        query = {
            name: str(value)
            for listed, name, field in FILTERS
            if listed == path and not isinstance(field, filters.Unavailable)
            for value in itertools.islice(values_of(path, name, item), 1)
            if value != ""
        }
        assert item in items(admin, path, **query)
