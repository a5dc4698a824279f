# SPDX-License-Identifier: Apache-2.0
"""The DevStack plugin, driven by DevStack's own functions in front of the standalone OpenStack."""

import configparser
import os
import socket
import stat
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import openstack
import pytest
import redis
import requests
import yaml

from tests.functional import connections
from tests.functional.client import Client
from tests.functional.devstack.place import PHASES, SERVICES, TOP, Place

Connect = Callable[[str], openstack.connection.Connection]

DEVSTACK = os.environ.get("KIC_VM_DEVSTACK_DIR")
NAME = f"plugin{uuid.uuid4().hex[:8]}"

pytestmark = [
    pytest.mark.skipif(
        not DEVSTACK, reason="KIC_VM_DEVSTACK_DIR does not name a checkout of DevStack"
    ),
    pytest.mark.alone,  # it makes services, roles and projects of the whole cloud
]


@pytest.fixture
def port() -> int:
    """A free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


@pytest.fixture
def domain(cloud: Connect) -> Iterator[str]:
    """What lib/keystone makes before the plugin runs; all of it and the plugin's goes again."""
    keystone = connections.identity(cloud("kic-operator"))
    made = keystone.create_domain(name=NAME)
    keystone.create_project(name="service", domain_id=made.id)
    demo = keystone.create_project(name="demo", domain_id="default")
    user = keystone.create_user(name="demo", domain_id="default", password="secret-admin")
    keystone.assign_project_role_to_user(
        demo, user, keystone.find_role("member", ignore_missing=False)
    )
    yield str(made.id)
    for name in ("demo", "demo_manager"):
        if found := keystone.find_user(name, domain_id="default"):
            keystone.delete_user(found)
    keystone.delete_project(demo)
    for service in keystone.services(type=NAME):
        keystone.delete_service(service)
    keystone.update_domain(made, is_enabled=False)
    keystone.delete_domain(made)
    nova = cloud("kic-operator").compute
    if flavor := nova.find_flavor(f"t1i.{NAME}"):
        nova.delete_flavor(flavor)


@pytest.fixture
def store(standalone: Path) -> Iterator[str]:
    """The URL of a database of the standalone's Redis that nobody else uses."""
    config = configparser.ConfigParser(interpolation=None, default_section="none")
    config.read(standalone / "kic-vm.conf")
    url = config.get("redis", "url").rpartition("/")[0] + "/15"
    yield url
    redis.Redis.from_url(url).flushdb()


@pytest.fixture
def place(tmp_path: Path, standalone: Path, cloud: Connect, domain: str) -> Iterator[Place]:
    """A DevStack of the test's own; what it has started ends with it."""
    assert DEVSTACK
    made = Place(tmp_path, Path(DEVSTACK), openstack_tools(standalone))
    yield made
    if made.running():
        made.run("unstack")
    assert made.running() == []


def openstack_tools(standalone: Path) -> Path:
    """The directory of the standalone OpenStack, which has its tools in ``venv``."""
    data = os.environ.get("KIC_VM_STANDALONE_DIR")
    return Path(data) if data else TOP / ".standalone"


@pytest.fixture
def administrator(standalone: Path) -> dict[str, str]:
    """How the cloud's administrator logs in."""
    clouds = yaml.safe_load((standalone / "clouds.yaml").read_text())["clouds"]
    found: dict[str, str] = clouds["kic-operator"]["auth"]
    return found


def roles_of(keystone: connections.Identity, user_id: str) -> set[str]:
    """Names of the roles that a user has in projects."""
    names = {role.id: role.name for role in keystone.roles()}
    return {names[one.role["id"]] for one in keystone.role_assignments(user_id=user_id)}


def connect(place: Place, name: str) -> openstack.connection.Connection:
    """OpenStack itself, as one of the clouds that the plugin has written."""
    config = openstack.config.OpenStackConfig(config_files=[str(place.clouds)])
    return openstack.connection.Connection(config=config.get_one(name))


def test_phases(
    place: Place,
    administrator: dict[str, str],
    cloud: Connect,
    domain: str,
    store: str,
    port: int,
) -> None:
    """stack.sh serves a gateway that works, again after unstack.sh; clean.sh leaves nothing."""
    url = f"http://127.0.0.1:{port}"
    place.configure(
        administrator,
        SERVICE_DOMAIN_NAME=NAME,
        KIC_VM_SERVICE_TYPE=NAME,
        KIC_VM_SERVICE_PORT=port,
        KIC_VM_REDIS_URL=store,
        KIC_VM_FLAVORS=f"t1i.{NAME}:1:512",
    )
    place.run("stack", *PHASES)
    look_at_installation(place)
    look_at_keystone(connections.identity(cloud("kic-operator")), domain, url)
    look_at_configuration(place, store, url)
    look_at_gateway(place, url)

    place.run("unstack")
    assert place.running() == []
    for service in SERVICES:
        assert not place.unit(service, ".enabled").exists()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/healthcheck", timeout=5)

    place.run("stack", "post-config", "extra")
    look_at_keystone(connections.identity(cloud("kic-operator")), domain, url)
    member = Client(url, connect(place, "kic-member").auth_token)
    assert member.get("/api/v1/flavors")["flavors"]

    place.run("unstack")
    place.run("clean")
    assert place.running() == []
    assert list((place.root / "etc").rglob("*kic*")) == []


def look_at_installation(place: Place) -> None:
    """Editable, from the checkout; the versions of what OpenStack leaves open are kic-vm's."""
    installed = place.read("installed")
    (pip,) = (line.split() for line in installed if line.startswith("pip "))
    assert pip[3:] == ["-e", str(place.root / "opt/kic-vm")]
    assert not any(line.startswith(("package ", "service ")) for line in installed)
    ours = {
        line.split("==")[0]: line for line in (TOP / "constraints.txt").read_text().splitlines()
    }
    assert "limit 20000" in installed
    constraints = place.read("constraints")
    assert ours["flask-smorest"] in constraints
    theirs = {"Flask", "oslo.config", "PyYAML", "certifi"}
    assert not theirs & {line.split("==")[0] for line in constraints}


def look_at_keystone(keystone: connections.Identity, domain: str, url: str) -> None:
    """The user and its grants, the project's admin, and one public endpoint."""
    user = keystone.find_user("kic-vm", domain_id=domain, ignore_missing=False)
    assert roles_of(keystone, user.id) == {"service", "admin"}
    manager = keystone.find_user("demo_manager", domain_id="default", ignore_missing=False)
    assert roles_of(keystone, manager.id) == {"manager"}
    (service,) = keystone.services(type=NAME)
    assert service.name == "kic-vm"
    (endpoint,) = keystone.endpoints(service_id=service.id)
    assert (endpoint.interface, endpoint.url) == ("public", url)


def look_at_configuration(place: Place, store: str, url: str) -> None:
    """Nobody else can read the configuration; the samples lie beside it."""
    assert stat.S_IMODE((place.conf_dir / "kic-vm.conf").stat().st_mode) == 0o640
    assert {path.name for path in place.conf_dir.iterdir()} == {
        "kic-vm.conf",
        "kic-vm.conf.sample",
        "kic-vm-api-uwsgi.ini",
        "policy.yaml.sample",
    }
    config = configparser.RawConfigParser(default_section="none")
    config.read(place.conf_dir / "kic-vm.conf")
    assert config.get("api", "public_url") == url
    assert config.get("redis", "url") == store
    assert config.get("volume", "type_names") == "SSD:SSD"
    assert config.get("availability_zones", "zones") == "kr-central-2-a:nova"
    assert config.get("keystone_authtoken", "service_type") == NAME
    for group in ("keystone_authtoken", "service_user"):
        assert config.get(group, "username") == "kic-vm"
        assert config.get(group, "user_domain_name") == NAME
    assert "enable_force_upload = True" in place.read("etc/cinder.conf")
    assert "uwsgi" in place.unit("kic-vm-api").read_text()
    assert "kic-vm-worker --config-file" in place.unit("kic-vm-worker").read_text()


def look_at_gateway(place: Place, url: str) -> None:
    """It is ready, and serves the people whom the plugin has written into clouds.yaml."""
    assert requests.get(f"{url}/healthcheck", timeout=10).json() == {"status": "ok"}
    ready = requests.get(f"{url}/readiness", timeout=30)
    assert ready.status_code == 200, ready.text
    assert all(service["ok"] for service in ready.json()["services"].values()), ready.text
    assert requests.get(f"{url}/api/v1/flavors", timeout=10).status_code == 401

    member = Client(url, connect(place, "kic-member").auth_token)
    (flavor,) = member.get("/api/v1/flavors", name=f"t1i.{NAME}")["flavors"]
    assert (flavor["vcpus"], flavor["memory_mb"], flavor["instance_family"]) == (1, 512, "general")
    assert [one["name"] for one in member.get("/api/v1/volumes/types")["volume_types"]] == ["SSD"]
    # For these two the gateway needs the grants of its own user.
    assert member.get("/api/v1/keypairs")["keypairs"] == []
    manager = connect(place, "kic-admin")
    path = f"/api/v1/projects/{manager.current_project_id}/members"
    members = Client(url, manager.auth_token).get(path)["members"]
    assert {(one["user_name"], one["role"]) for one in members} == {
        ("demo", "member"),
        ("demo_manager", "admin"),
    }
    assert len(place.running()) >= len(SERVICES), place.logs()


def test_redis_of_its_own(place: Place, administrator: dict[str, str], port: int) -> None:
    """Where local.conf names no Redis, the distribution's is installed and started."""
    place.configure(
        administrator,
        SERVICE_DOMAIN_NAME=NAME,
        KIC_VM_SERVICE_TYPE=NAME,
        KIC_VM_SERVICE_PORT=port,
        KIC_VM_FLAVORS="",
    )
    place.run("stack", "pre-install")
    assert place.read("installed")[-2:] == ["package redis-server", "service redis-server"]
