# SPDX-License-Identifier: Apache-2.0
"""skyline-apiserver beside the gateway: its environment, its configuration and what it lists."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import requests_mock

from bench import cases, skyline, skyline_environment, upstream
from bench.project import BenchError
from bench.skyline import Login, Skyline

JSON = dict[str, Any]

URL = "http://skyline.test"
LISTS = f"{URL}/api/v1/extension"
LOGIN = Login(
    identity="http://replay.test/identity/v3",
    region="RegionOne",
    username="skyline",
    password="replayed",
    project_name="service",
    user_domain_name="Default",
    project_domain_name="Default",
)


@pytest.fixture
def peer() -> Skyline:
    return Skyline(URL, "a-token")


def listed(wire: requests_mock.Mocker, servers: list[JSON], volumes: list[JSON]) -> None:
    wire.get(f"{LISTS}/servers", json={"servers": servers})
    wire.get(f"{LISTS}/volumes", json={"count": 2, "volumes": volumes})


def test_lists(peer: Skyline, requests_mock: requests_mock.Mocker) -> None:
    """A list is read with one request of the client's token and of the page's size."""
    listed(requests_mock, [{"image_name": "ubuntu"}] * 2, [{}])
    peer.check(2)
    assert [
        (call.path, call.qs, call.headers["X-Auth-Token"]) for call in requests_mock.request_history
    ] == [
        ("/api/v1/extension/servers", {"limit": ["1000"]}, "a-token"),
        ("/api/v1/extension/volumes", {"limit": ["1"]}, "a-token"),
    ]


@pytest.mark.parametrize(
    ("servers", "volumes"),
    [
        ([{"image_name": "ubuntu"}], [{}]),
        ([{"image_name": "ubuntu"}, {"image_name": None}], [{}]),
        ([{"image_name": "ubuntu"}] * 2, []),
    ],
    ids=["a server is missing", "an image is missing", "no volume"],
)
def test_incomplete_lists(
    peer: Skyline, requests_mock: requests_mock.Mocker, servers: list[JSON], volumes: list[JSON]
) -> None:
    """Incomplete lists are not measured."""
    listed(requests_mock, servers, volumes)
    with pytest.raises(BenchError, match="skyline-apiserver lists"):
        peer.check(2)


def test_error(peer: Skyline, requests_mock: requests_mock.Mocker) -> None:
    """An error is not measured."""
    requests_mock.get(f"{LISTS}/servers", status_code=500, text="Internal Server Error")
    with pytest.raises(BenchError, match="does not answer: 500 Server Error"):
        peer.check(2)


def test_largest_page(peer: Skyline, requests_mock: requests_mock.Mocker) -> None:
    """Of a large project, Nova lists a thousand servers."""
    listed(requests_mock, [{"image_name": "ubuntu"}] * 1000, [{}])
    peer.check(10_000)


def test_configuration(tmp_path: Path) -> None:
    """Its user is the given one, and its database is a file of its own."""
    made = skyline.configuration(LOGIN, tmp_path)
    login = dataclasses.asdict(LOGIN)
    assert sorted(made["openstack"].values()) == sorted(login.values())
    assert made["default"]["database_url"] == f"sqlite:///{tmp_path}/skyline.db"


def test_no_package_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a package index, the bench prints the reason and continues."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with skyline.running_if_possible(LOGIN, "a-token", 2, tmp_path) as found:
        assert isinstance(found, str)
    assert found.startswith("skyline-apiserver cannot be installed: ERROR: No matching")
    assert f"bench: without skyline-apiserver: {found}\n" == capsys.readouterr().err
    assert skyline.described(found) == {"missing": found}
    assert not (tmp_path / "skyline" / "installed").exists()


def test_version(peer: Skyline) -> None:
    """The version is the one in the list of packages, all of which are pinned."""
    lines = Path(skyline_environment.__file__).with_name("skyline-requirements.txt").read_text()
    packages = [line for line in lines.splitlines() if not line.startswith("#")]
    assert all(package.count("==") == 1 for package in packages)
    assert f"skyline-apiserver=={skyline.described(peer)['version']}" in packages


def test_cases(peer: Skyline) -> None:
    """The lists and pages of skyline-apiserver are measured if it runs."""
    server = {"id": "1", "name": "web", "os-extended-volumes:volumes_attached": [{"id": "2"}]}
    others: Any = mock.Mock()
    cloud = cases.Cloud(others, others, others, "3", server)

    def cases_with_skyline(cloud: cases.Cloud) -> set[str]:
        return {
            case
            for case, ways in cases.cases(cloud).items()
            if any(way.startswith(cases.SKYLINE) for way in ways)
        }

    assert not cases_with_skyline(cloud)
    assert cases_with_skyline(dataclasses.replace(cloud, skyline=peer)) == {
        "list",
        "page of 20",
        "page of 20 volumes",
        "page of 100 volumes",
    }


def test_upstream_calls(requests_mock: requests_mock.Mocker) -> None:
    """The calls of a request are those that came since; other ways are not counted."""
    numbers = iter([{"compute": 1}, {"compute": 2, "network": 2}, {"compute": 2}, {"compute": 2}])
    requests_mock.get(
        "http://replay.test/statistics",
        json=lambda _request, _context: {"requests": next(numbers), "unknown_paths": []},
    )
    ways: dict[str, Callable[[], object]] = {
        "kic-vm": lambda: None,
        "openstacksdk": lambda: None,
        "skyline-apiserver*": list,
    }
    assert upstream.calls("http://replay.test", ways) == {
        "kic-vm": {"compute": 1, "network": 2},
        "skyline-apiserver": {},
    }


def test_unknown_paths(requests_mock: requests_mock.Mocker) -> None:
    """A request that the replayed OpenStack could not answer ends the bench."""
    statistics: JSON = {"requests": {}, "unknown_paths": ["/compute/v2.1/os-keypairs"]}
    requests_mock.get("http://replay.test/statistics", json=statistics)
    with pytest.raises(BenchError, match=r"no answer to /compute/v2\.1/os-keypairs$"):
        upstream.check_paths("http://replay.test")
