# SPDX-License-Identifier: Apache-2.0
"""Flavors: what Nova knows, what extra specs say, and what the name says."""

from typing import Any

import pytest

from tests.contract import check
from tests.unit.bodies import FLAVOR, body
from tests.unit.cloud import MICROVERSION, Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal

JSON = dict[str, Any]
PATH = f"/api/v1/flavors/{FLAVOR['id']}"


def shown(caller: Caller, cloud: Cloud, **changes: Any) -> JSON:
    """The flavor when Nova shows it with these changes."""
    cloud.answer("GET", "nova", f"/flavors/{FLAVOR['id']}", {"flavor": FLAVOR | changes})
    response = caller.get(PATH)
    assert check("bcs", "GetInstanceType", response.json) == []
    flavor: JSON = response.json["flavor"]
    return flavor


def names(caller: Caller, query: str) -> list[str]:
    response = caller.get(f"/api/v1/flavors?{query}")
    assert check("bcs", "ListInstanceTypes", response.json) == []
    return [item["name"] for item in response.json["flavors"]]


def test_whole(reader: Caller, populated: Cloud) -> None:
    """Every field has the value that Nova or an extra spec has told."""
    assert shown(reader, populated) == {
        "id": FLAVOR["id"],
        "name": "m2a.large",
        "group": "Standard",
        "vcpus": 2,
        "is_burstable": False,
        "manufacturer": "amd",
        "memory_mb": 8192,
        "root_gb": 0,
        "disk_type": "ssd",
        "instance_family": "general",
        "maximum_network_interfaces": 2,
        "hw_type": None,
        "hw_count": None,
        "is_hyper_threading_supported": True,
        "description": None,
        "architecture": "x86_64",
        "instance_type": "vm",
        "processor": "AMD EPYC 7513",
        "created_at": None,
        "updated_at": None,
        "availability_zone": ["kr-central-2-a"],
        "available": None,
        "instance_size": "large",
        "os_distro": None,
        "hw_name": None,
        "is_hyper_threading_disabled": False,
        "is_hyper_threading_disable_supported": True,
    }
    (sent,) = populated.sent("nova")
    assert sent.headers[MICROVERSION] == "compute 2.61"


@pytest.mark.parametrize(
    ("name", "family", "group", "manufacturer", "size", "burstable"),
    [
        ("m2a.large", "general", "Standard", "amd", "large", False),
        ("t1i.micro", "general", "Standard", "intel", "micro", True),
        ("c2a.2xlarge", "compute", "CPU Optimized", "amd", "2xlarge", False),
        ("r3i.xlarge", "memory", "Memory Optimized", "intel", "xlarge", False),
        ("gn1i.xlarge", "accelerated", "GPU", "intel", "xlarge", False),
        ("p2i.6xlarge", "accelerated", "GPU", "intel", "6xlarge", False),
        ("m1.small", None, None, None, None, False),
        ("x9a.large", None, None, "amd", "large", False),
        ("M2A.LARGE", None, None, None, None, False),
        ("large", None, None, None, None, False),
    ],
)
def test_names(
    reader: Caller,
    populated: Cloud,
    name: str,
    family: str | None,
    group: str | None,
    manufacturer: str | None,
    size: str | None,
    burstable: bool,
) -> None:
    """Without extra specs the documented grammar of names speaks; else the field is null."""
    flavor = shown(reader, populated, name=name, extra_specs={})
    assert (flavor["instance_family"], flavor["group"]) == (family, group)
    assert (flavor["manufacturer"], flavor["instance_size"]) == (manufacturer, size)
    assert flavor["is_burstable"] is burstable
    assert flavor["instance_type"] == "vm"


def test_specs_over_names(reader: Caller, populated: Cloud) -> None:
    """An extra spec counts more than the name."""
    flavor = shown(
        reader,
        populated,
        extra_specs={"kic:instance_family": "compute", "kic:manufacturer": "arm"},
    )
    assert (flavor["instance_family"], flavor["group"]) == ("compute", "CPU Optimized")
    assert flavor["manufacturer"] == "arm"


@pytest.mark.parametrize("value", ["x", "", "-1", "2.5", "0x10"])
def test_specs_that_are_no_numbers(reader: Caller, populated: Cloud, value: str) -> None:
    """A number that is none is null, never text where clients expect a number."""
    flavor = shown(reader, populated, extra_specs={"kic:maximum_network_interfaces": value})
    assert flavor["maximum_network_interfaces"] is None


@pytest.mark.parametrize(
    ("value", "kind"), [("gpu", "gpu"), ("bm", "bm"), ("vm", "vm"), ("mainframe", "vm")]
)
def test_kinds(reader: Caller, populated: Cloud, value: str, kind: str) -> None:
    """A kind that clients cannot read is shown as vm."""
    flavor = shown(reader, populated, extra_specs={"kic:instance_type": value})
    assert flavor["instance_type"] == kind


def test_isolated_threads(reader: Caller, populated: Cloud) -> None:
    """Nova's own thread policy says that hyper-threading is off."""
    flavor = shown(reader, populated, extra_specs={"hw:cpu_thread_policy": "isolate"})
    assert flavor["is_hyper_threading_disabled"] is True


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f"id={FLAVOR['id']}", {"m2a.large"}),
        ("name=2A.LARGE", {"m2a.large", "r2a.large", "c2a.large"}),
        ("is_burstable=true", {"t1i.small", "t1i.micro"}),
        ("vcpus=1", {"t1i.small", "t1i.micro"}),
        ("memory_mb=1024", {"t1i.micro"}),
        ("architecture=arm64", set()),
        ("instance_type=gpu", {"gn1i.xlarge"}),
        ("instance_family=memory", {"r2a.large", "r2a.xlarge"}),
        ("instance_size=micro", {"t1i.micro"}),
        ("manufacturer=intel", {"gn1i.xlarge", "t1i.small", "t1i.micro"}),
        ("maximum_network_interfaces=4&instance_family=compute", {"c2a.xlarge"}),
        ("processor=AMD+EPYC+7513&name=c2a", {"c2a.large", "c2a.xlarge"}),
    ],
)
def test_filters(reader: Caller, populated: Cloud, query: str, expected: set[str]) -> None:
    """Every filter of the contract is understood."""
    assert set(names(reader, query)) == expected


def test_list_and_get_agree(reader: Caller, populated: Cloud) -> None:
    """A flavor reads the same in the list and by itself; each is one call."""
    listed = reader.get("/api/v1/flavors?limit=1").json
    assert listed["pagination"] == {
        "total": len(body("flavors")["flavors"]),
        "offset": 0,
        "limit": 1,
    }
    populated.forget()
    reader.get("/api/v1/flavors")
    assert populated.calls() == ["GET nova /flavors/detail?limit=1000"]
    assert reader.get(f"/api/v1/flavors?id={FLAVOR['id']}").json["flavors"] == [
        reader.get(PATH).json["flavor"]
    ]


def test_not_there(reader: Caller, populated: Cloud) -> None:
    """A flavor that Nova does not show is 404."""
    populated.refuse("GET", "nova", f"/flavors/{FLAVOR['id']}", "nova_404_flavor")
    refusal(reader.get(PATH), 404, "not_found")
