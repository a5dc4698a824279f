# SPDX-License-Identifier: Apache-2.0
"""Access rules of a real restricted credential, behind a proxy whose headers are believed."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from tests.functional.client import Gateway
from tests.functional.rbac.conftest import Connect, Headers, People

FLAVORS = "/api/v1/flavors"
PREFIXES = ["", "/kic-vm", FLAVORS, f"{FLAVORS}/", f"{FLAVORS}/x", f"/x{FLAVORS}", "%2F", "\xff"]


@pytest.fixture(scope="module")
def proxied(start_gateway: Callable[..., Gateway]) -> Gateway:
    """A gateway that believes its proxy."""
    return start_gateway(oslo_middleware={"enable_proxy_headers_parsing": "true"})


@pytest.fixture(scope="module")
def credential(standalone: Path, cloud: Connect) -> Iterator[Callable[[str], Headers]]:
    """The token of a credential that may GET one path."""
    with ExitStack() as removals:
        people = People(standalone, cloud, removals)

        def made(path: str) -> Headers:
            return people.credential(
                access_rules=[{"service": "kic-vm", "method": "GET", "path": path}]
            )

        yield made


@pytest.mark.parametrize("pattern", [f"{FLAVORS}/**", "/**/flavors/**", f"{FLAVORS}/*"])
def test_prefix_opens_nothing(
    proxied: Gateway, credential: Callable[[str], Headers], pattern: str
) -> None:
    """No prefix makes the list of instances look like something below the flavors."""
    token = credential(pattern)
    for prefix in PREFIXES:
        for path in ("/api/v1/instances", "/api/v1/keypairs/x", f"{FLAVORS}/"):
            response = requests.get(
                proxied.url + path,
                headers=token | {"X-Forwarded-Prefix": prefix},
                timeout=60,
            )
            assert response.status_code == 401, (prefix, path, response.text)


def test_prefix_closes_nothing(proxied: Gateway, credential: Callable[[str], Headers]) -> None:
    """What the rule allows works behind every prefix."""
    token = credential(FLAVORS)
    for prefix in PREFIXES:
        headers = token | {"X-Forwarded-Prefix": prefix}
        response = requests.get(proxied.url + FLAVORS, headers=headers, timeout=60)
        assert response.status_code == 200, (prefix, response.text)
