# SPDX-License-Identifier: Apache-2.0
"""nginx and HAProxy with TLS in front of gateways, with the configurations of the package."""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional import proxies
from tests.functional.proxies import PROGRAMS, Proxy


@pytest.fixture(scope="module", params=PROGRAMS)
def name(request: pytest.FixtureRequest) -> str:
    """The name of the proxy."""
    found: str = request.param
    return found


@pytest.fixture(scope="module")
def program(name: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The program of the proxy."""
    return proxies.installed(name, tmp_path_factory.mktemp("packages"))


@pytest.fixture
def proxy(name: str, program: str, tmp_path: Path) -> Iterator[Proxy]:
    """The proxy in front of a gateway that works and of one that has stopped."""
    with proxies.running(name, program, tmp_path) as running:
        yield running


def test_links(proxy: Proxy) -> None:
    """The gateway knows by which address its clients reach it."""
    links = proxy.session.get(f"{proxy.url}/", timeout=30).json()["links"]
    assert all(link["href"].startswith(f"{proxy.url}/") for link in links)


def test_client_cannot_choose_the_address(proxy: Proxy) -> None:
    """Headers of the client about proxies have no effect."""
    sent = {
        "Forwarded": "host=evil.example.org;proto=http",
        "X-Forwarded-Host": "evil.example.org",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Prefix": "/evil",
    }
    answer = proxy.session.get(f"{proxy.url}/", headers=sent, timeout=30)
    assert "evil" not in answer.text
    assert all(link["href"].startswith(f"{proxy.url}/") for link in answer.json()["links"])


def test_a_gateway_is_down(proxy: Proxy) -> None:
    """No request meets the gateway that has stopped."""
    statuses = {
        proxy.session.request(method, f"{proxy.url}{path}", timeout=30).status_code
        for _number in range(10)
        for method, path in (("GET", "/healthcheck"), ("POST", "/api/v1/volumes"))
    }
    assert statuses == {200, 401}


def test_errors(proxy: Proxy) -> None:
    """Errors of the gateway pass unchanged, in the language of the client."""
    answer = proxy.session.get(
        f"{proxy.url}/api/v1/instances", headers={"Accept-Language": "ko"}, timeout=30
    )
    assert answer.status_code == 401
    assert answer.headers["Content-Language"] == "ko"
    assert answer.json()["error"]["code"] == "unauthorized"


def test_large_body(proxy: Proxy) -> None:
    """A body over the limit of the gateway is refused, by the proxy or by the gateway."""
    answer = proxy.session.post(f"{proxy.url}/api/v1/volumes", data=b"x" * 200_000, timeout=30)
    assert answer.status_code == 413


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls(proxy: Proxy, version: ssl.TLSVersion) -> None:
    """TLS 1.2 and 1.3 are offered, with HTTP/2."""
    context = ssl.create_default_context(cafile=proxy.certificate)
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2"])
    connection = socket.create_connection(("localhost", proxy.port), timeout=30)
    with context.wrap_socket(connection, server_hostname="localhost") as encrypted:
        assert encrypted.selected_alpn_protocol() == "h2"
