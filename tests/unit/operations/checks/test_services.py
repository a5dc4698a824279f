# SPDX-License-Identifier: Apache-2.0
"""What the checks say of services that lack something, and that they ask for what is used."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from oslo_config import cfg

from kic_vm import deploy
from kic_vm.adapters import block_storage, compute, needs, versions
from kic_vm.context import RequestContext
from kic_vm.operations.checks import resources, services
from kic_vm.operations.checks.finding import Finding, Level
from kic_vm.operations.request import RequestServices
from tests.unit.bodies import FLAVOR, body
from tests.unit.cloud import URLS, Cloud

ASKED = re.compile(r"\d\.\d+")


@pytest.fixture
def options(request: pytest.FixtureRequest) -> str:
    """What a test says of Redis, if it does."""
    return f"[redis]\n{request.param}" if hasattr(request, "param") else ""


@pytest.fixture
def gateway(conf: cfg.ConfigOpts, cloud: Cloud) -> RequestServices:
    app_state = deploy.load_app_state(conf)
    return RequestServices.of(app_state, RequestContext(auth=app_state.cloud.service_auth))


@pytest.mark.parametrize(("project", "module"), [("Nova", compute), ("Cinder", block_storage)])
def test_needed_microversions(project: str, module: Any) -> None:
    """No adapter asks for a later one than the check."""
    asked = [
        value
        for value in vars(module).values()
        if isinstance(value, str) and ASKED.fullmatch(value)
    ]
    assert needs.MICROVERSIONS[project][1] == max(asked, key=versions.parse)


def test_old_nova(gateway: RequestServices, cloud: Cloud) -> None:
    """It is named, with what it has and what it needs."""
    (found,) = [answer for url, answer in body("discovery").items() if url.startswith(URLS["nova"])]
    document = found["body"]
    document["version"]["version"] = "2.79"
    cloud.serve(URLS["nova"], document)
    cloud.serve(URLS["nova"] + "/", document)
    level, sentence = services.microversions(gateway)
    assert level is Level.FAILURE
    assert f"Nova needs {compute.REBUILD} and offers 2.79" in sentence


@pytest.mark.parametrize(
    ("missing", "level"), [("rbac-policies", Level.FAILURE), ("port-security", Level.WARNING)]
)
def test_extension_that_is_missing(
    gateway: RequestServices, cloud: Cloud, missing: str, level: Level
) -> None:
    """It is named with what it is for."""
    there = (needs.EXTENSIONS | needs.WANTED_EXTENSIONS).keys() - {missing}
    listed = {"extensions": [{"alias": alias} for alias in there]}
    cloud.answer("GET", "neutron", "/extensions?fields=alias", listed)
    found = services.extensions(gateway)
    assert found.level is level
    assert missing in found.sentence


def test_no_redis(gateway: RequestServices) -> None:
    """It is a warning: one process can do without. It says who confirms resizes."""
    level, sentence = services.redis_store(gateway)
    assert level is Level.WARNING
    assert "only kic-vm-worker confirms resizes" in sentence
    gateway.app_state.conf.set_override("workers", 1, "api")
    assert "only the gateway, not kic-vm-worker," in services.redis_store(gateway).sentence


@pytest.mark.parametrize(
    ("options", "level"),
    [
        ("url = redis://redis.test\n", Level.WARNING),
        ("url = rediss://:word@192.0.2.1:6379/0\n", Level.WARNING),
        ("url = redis+sentinel://127.0.0.1,redis.test/kic-vm\n", Level.WARNING),
        ("url = redis://redis.test\nsecret = 0123456789abcdef0123456789abcdef\n", Level.SUCCESS),
        ("url = redis://127.0.0.1:6379/0\n", Level.SUCCESS),
        ("url = redis://localhost\n", Level.SUCCESS),
        ("url = redis://[::1]:6379\n", Level.SUCCESS),
        ("url = unix:///run/redis.sock\n", Level.SUCCESS),
        ("url = redis+sentinel://127.0.0.1,[::1]:26380/kic-vm\n", Level.SUCCESS),
    ],
    indirect=["options"],
)
def test_secret_for_redis(
    gateway: RequestServices, level: Level, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Redis of another host, where others may read it, should have a secret of its own."""
    monkeypatch.setattr("kic_vm.cache.sealed.SealedRedis.ping", lambda _redis: None)
    found = services.redis_store(gateway)
    assert found.level is level
    assert ("openssl rand -hex 32" in found.sentence) == (level is Level.WARNING)


@pytest.mark.parametrize(
    ("check", "service", "path", "answer"),
    [
        (resources.flavors, "nova", "/flavors/detail", {"flavors": []}),
        (resources.images, "glance", "/images", {"images": []}),
    ],
)
def test_nothing_there(
    gateway: RequestServices,
    cloud: Cloud,
    check: Callable[[RequestServices], Finding],
    service: str,
    path: str,
    answer: dict[str, Any],
) -> None:
    """A cloud without flavors or public images is told so."""
    cloud.answer("GET", service, path, answer)
    assert check(gateway).level is not Level.SUCCESS


def test_many_defects(gateway: RequestServices, cloud: Cloud) -> None:
    """Some are named, the rest is counted."""
    flavors = [FLAVOR | {"name": f"bare{number}", "extra_specs": {}} for number in range(8)]
    cloud.answer("GET", "nova", "/flavors/detail", {"flavors": flavors})
    level, sentence = resources.flavors(gateway)
    assert level is Level.WARNING
    assert "bare4" in sentence
    assert "bare5" not in sentence
    assert "and 3 more" in sentence


def test_images(gateway: RequestServices, cloud: Cloud) -> None:
    """A public image without its properties is named; one that is not there yet is not."""
    (image, *_others) = body("images")["images"]
    bare = {"id": image["id"], "name": "bare", "status": "active", "os_type": "amiga"}
    queued = bare | {"name": "queued", "status": "queued"}
    cloud.answer("GET", "glance", "/images", {"images": [bare, queued]})
    level, sentence = resources.images(gateway)
    assert level is Level.WARNING
    assert "os_admin_user is missing" in sentence
    assert "os_type is 'amiga': it must be one of linux, windows" in sentence
    assert "queued" not in sentence
