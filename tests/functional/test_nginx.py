# SPDX-License-Identifier: Apache-2.0
"""nginx with TLS in front of gateways, with the configuration that the package contains."""

import contextlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import requests

from tests.functional.client import free_port
from tests.functional.lone_gateway import lone_gateway

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "devstack"))

from allinone import debian

_SHIPPED: Final = Path(__file__).parents[2] / "etc/kic-vm/proxies/nginx.conf"
_PACKAGES: Final = ("nginx-light", "openssl")
_MAIN: Final = """
daemon off;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    include {directory}/site.conf;
}}
"""
_FORWARDED: Final = {"oslo_middleware": {"enable_proxy_headers_parsing": "true"}}


class Proxy:
    """The address of nginx, and a session that trusts its certificate."""

    def __init__(self, port: int, certificate: Path) -> None:
        self.url = f"https://localhost:{port}"
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = str(certificate)

    def wait_until_alive(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        """Return when nginx answers."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            assert process.poll() is None, log.read_text()
            with contextlib.suppress(requests.ConnectionError):
                self.session.get(f"{self.url}/healthcheck", timeout=30)
                return
            time.sleep(0.1)
        pytest.fail(log.read_text())


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The program; Debian's package is installed if it is missing, and starts no service."""
    directory = tmp_path_factory.mktemp("packages")
    debian.install(_PACKAGES, directory / "journal", directory / "log")
    found = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    assert found
    return found


@pytest.fixture
def proxy(nginx: str, tmp_path: Path) -> Iterator[Proxy]:
    """nginx in front of a gateway that works and of one that has stopped."""
    certificate = _make_certificate(tmp_path)
    with lone_gateway(tmp_path, groups=_FORWARDED) as gateway:
        port = free_port()
        text = _SHIPPED.read_text()
        for shipped, own in (
            ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
            ("server 192.0.2.11:8788", f"server 127.0.0.1:{gateway.port}"),
            ("server 192.0.2.12:8788", f"server 127.0.0.1:{free_port()}"),
            ("/etc/nginx/tls", str(tmp_path)),
        ):
            assert shipped in text
            text = text.replace(shipped, own)
        (tmp_path / "site.conf").write_text(text)
        (tmp_path / "nginx.conf").write_text(_MAIN.format(directory=tmp_path))
        process = subprocess.Popen([nginx, "-p", tmp_path, "-c", tmp_path / "nginx.conf"])
        try:
            proxy = Proxy(port, certificate)
            proxy.wait_until_alive(process, tmp_path / "error.log")
            yield proxy
        finally:
            process.terminate()
            process.wait(timeout=30)


def _make_certificate(directory: Path) -> Path:
    """A certificate for localhost, signed by itself."""
    certificate = directory / "kic-vm.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-days", "1"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", directory / "kic-vm.key", "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    return certificate


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
    """nginx refuses a body over the limit of the gateway."""
    answer = proxy.session.post(f"{proxy.url}/api/v1/volumes", data=b"x" * 200_000, timeout=30)
    assert answer.status_code == 413
