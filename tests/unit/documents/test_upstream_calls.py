# SPDX-License-Identifier: Apache-2.0
"""The page upstream-calls: what each operation calls upstream, counted on the wire."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from kic_vm import policies
from tests.unit.cloud import MICROVERSION, URLS, Cloud
from tests.unit.completeness import assert_complete
from tests.unit.conftest import Caller
from tests.unit.populated import populate
from tests.unit.prepared import prepare
from tests.unit.requests_of import arguments_of, path_of

PAGE = Path(__file__).parents[3] / "doc/source/contributor/upstream-calls.rst"
OPERATION: Final = re.compile(
    r"^   \* - ``([A-Z]+ /\S*)``\n     - (\d+)\n((?:       ?.+\n|     - .+\n)*)", re.MULTILINE
)
CALL: Final = re.compile(r"\| (.+)$", re.MULTILINE)
ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=/)[0-9a-f]{32}")
KEYPAIR: Final = re.compile(r"(?<=/os-keypairs/)[^/?]+")

OPERATIONS: Final = sorted(
    f"{item['method']} {item['path']}"
    for rule in policies.guarding_rules()
    for item in rule.operations
)


def documented() -> dict[str, list[str]]:
    """Operation -> calls, as the page has them."""
    found = {}
    for operation, count, rest in OPERATION.findall(PAGE.read_text()):
        calls = CALL.findall(rest)
        assert len(calls) == int(count), operation
        found[operation] = calls
    return found


def counted(cloud: Cloud) -> list[str]:
    """Every request on the wire, as the page writes them; Keystone's tokens too."""
    shown = []
    for request in cloud.requests():
        services = (name for name, url in URLS.items() if request.url.startswith(url))
        service = next(services, "discovery")
        path = request.url.removeprefix(URLS.get(service, "")).partition("?")[0]
        path = KEYPAIR.sub("{name}", ID.sub("{id}", path))
        version = request.headers.get(MICROVERSION, "").rpartition(" ")[2]
        shown.append(f"{service} {request.method} {path}" + (f" at {version}" if version else ""))
    return sorted(shown)


def called(caller: Callable[[str], Caller], cloud: Cloud, operation: str) -> list[str]:
    """What a good request for an operation calls when caches are warm."""
    method, template = operation.split(" ")
    calls: list[str] = []
    # A member does what a member may: the recorded keypair is theirs. The rest is a manager's.
    for persona in ("member", "admin"):
        for _time in range(2):
            populate(cloud)
            prepare(cloud, operation)
            cloud.forget()
            arguments = arguments_of(method, template)
            response = caller(persona).request(method, path_of(method, template), **arguments)
            calls = counted(cloud)
        if response.status_code != 403:
            break
    return calls


@pytest.fixture
def application(shared_application: Any) -> Any:
    """What it remembers is what this is about."""
    return shared_application


@pytest.mark.parametrize("operation", OPERATIONS)
def test_operation(caller: Callable[[str], Caller], populated: Cloud, operation: str) -> None:
    """The page has exactly the calls of a second request; the first has warmed the caches."""
    calls = called(caller, populated, operation)
    row = documented().get(operation)
    assert row == calls, f"doc/source/contributor/upstream-calls.rst must have for it: {calls}"


def test_page() -> None:
    """The page has every operation, and no other."""
    assert_complete(OPERATIONS, documented(), "doc/source/contributor/upstream-calls.rst")
