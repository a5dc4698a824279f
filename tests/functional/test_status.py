# SPDX-License-Identifier: Apache-2.0
"""kic-vm-status upgrade check on the real cloud: healthy, and with one thing broken at a time."""

import configparser
import datetime
import json
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import openstack
import pytest
import yaml

from tests.functional.keystone_of_another_time import keystone_of_another_time

LEVELS = ("success", "warning", "failure")
Options = dict[str, dict[str, str]]
Check = Callable[[Options], tuple[int, dict[str, tuple[str, str]]]]


@pytest.fixture
def check(standalone: Path, tmp_path: Path) -> Check:
    """Exit status and findings, with options over the standalone's configuration."""

    def run(options: Options) -> tuple[int, dict[str, tuple[str, str]]]:
        more = configparser.ConfigParser(interpolation=None, default_section="none")
        # The workers of other tests have left the events of the standalone's own prefix.
        more.read_dict({"redis": {"key_prefix": "unused:"}})
        more.read_dict(options)
        path = tmp_path / "more.conf"
        with path.open("w") as file:
            more.write(file)
        config: list[str | Path] = [
            "--config-file",
            standalone / "kic-vm.conf",
            "--config-file",
            path,
        ]
        command = [sys.executable, "-m", "kic_vm.cmd.status", *config, "upgrade", "check", "--json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        found = json.loads(done.stdout)["checks"]
        return done.returncode, {
            one["check"]: (LEVELS[one["result"]], one["details"]) for one in found
        }

    return run


def remarks(found: dict[str, tuple[str, str]]) -> dict[str, str]:
    return {name: level for name, (level, _sentence) in found.items() if level != "success"}


def test_healthy(check: Check) -> None:
    """The standalone cloud is as the gateway needs it."""
    status, found = check({})
    assert (status, remarks(found)) == (0, {})
    assert len(found) == 14


def test_wrong_grants(check: Check, standalone: Path) -> None:
    """A project's member in the place of the gateway's user: what it may not is told apart."""
    clouds = yaml.safe_load((standalone / "clouds.yaml").read_text())["clouds"]
    auth = clouds["kic-member"]["auth"]
    login = {name: value for name, value in auth.items() if name != "auth_url"}
    status, found = check({"service_user": login, "keystone_authtoken": login})
    assert status == 2
    assert remarks(found) == {
        "Roles of the gateway's user": "failure",
        "Grants of the gateway's user": "warning",
        "Roles of project members": "warning",
        # These services take no token beside another one from somebody without the role service.
        "Neutron extensions": "failure",
        "Flavors": "failure",
        "Record of deleted servers": "failure",
    }
    assert "openstack role add" in found["Roles of the gateway's user"][1]
    assert "project keypairs" in found["Grants of the gateway's user"][1]
    assert "kic-vm-worker" in found["Grants of the gateway's user"][1]
    assert auth["password"] not in str(found)


def test_wrong_password(check: Check) -> None:
    """Keystone's refusal is said of the section whose password is wrong."""
    status, found = check({"service_user": {"password": "wrong"}})
    assert status == 2
    assert found["Keystone"][0] == "failure"
    assert "[service_user]" in found["Keystone"][1]


def test_redis_that_is_down(check: Check) -> None:
    """Only what needs Redis is affected."""
    status, found = check({"redis": {"url": "redis://127.0.0.1:9/0"}})
    assert (status, remarks(found)) == (2, {"Redis": "failure", "Events": "warning"})


@pytest.mark.parametrize(("ahead", "level", "status"), [(20, "warning", 1), (-600, "failure", 2)])
def test_clocks(check: Check, standalone: Path, ahead: int, level: str, status: int) -> None:
    """A Keystone of another time: by how much, and who is behind."""
    keystone = json.loads((standalone / "endpoints.json").read_text())["keystone"]
    with keystone_of_another_time(keystone, datetime.timedelta(seconds=ahead)) as url:
        result, found = check({"service_user": {"auth_url": url}})
    assert (result, remarks(found)) == (status, {"Clocks": level})
    word = "behind" if ahead > 0 else "ahead of"
    assert f" s {word} Keystone's" in found["Clocks"][1]


def test_service_that_is_down(check: Check) -> None:
    """The checks that need it say so, the others are made."""
    status, found = check({"neutron": {"endpoint_override": "http://127.0.0.1:9/"}})
    assert (status, remarks(found)) == (2, {"Neutron extensions": "failure"})
    assert "network" in found["Neutron extensions"][1]


def test_roles_that_there_are_not(check: Check) -> None:
    """They are named."""
    status, found = check({"project_members": {"admin_role": "nobody-has-it"}})
    assert (status, remarks(found)) == (2, {"Roles of project members": "failure"})
    assert "nobody-has-it" in found["Roles of project members"][1]


def test_flavor(check: Check, cloud: Callable[[str], openstack.connection.Connection]) -> None:
    """One that says nothing of itself is a warning, by its name."""
    nova = cloud("kic-operator").compute
    name = f"bare-{uuid.uuid4().hex[:8]}"
    flavor = nova.create_flavor(name=name, ram=64, vcpus=1, disk=0, is_public=False)
    try:
        status, found = check({})
    finally:
        nova.delete_flavor(flavor.id)
    assert (status, remarks(found)) == (1, {"Flavors": "warning"})
    assert name in found["Flavors"][1]
