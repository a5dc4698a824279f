# SPDX-License-Identifier: Apache-2.0
"""Proxies with TLS in front of two gateways, with the configurations that the package contains."""

import contextlib
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import pytest
import requests

from tests.functional import packages
from tests.functional.client import free_port
from tests.functional.lone_gateway import lone_gateway

_SHIPPED: Final = Path(__file__).parents[2] / "etc/kic-vm/proxies"
_NGINX: Final = """
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
    include {directory}/nginx.conf;
}}
"""
_FORWARDED: Final = {"oslo_middleware": {"enable_proxy_headers_parsing": "true"}}


class Program(NamedTuple):
    """A proxy, and how the test starts it."""

    package: str
    """Debian's package."""
    file: str
    """The configuration that is shipped."""
    bind: str
    """The address in it, on which it listens."""
    local: str
    """The same on the host itself, with a place for the port."""
    tls: str
    """The directory in it that has the certificate."""


PROGRAMS: Final = {
    "nginx": Program(
        package="nginx-light",
        file="nginx.conf",
        bind="listen 443 ssl",
        local="listen 127.0.0.1:{port} ssl",
        tls="/etc/nginx/tls",
    ),
    "haproxy": Program(
        package="haproxy",
        file="haproxy.cfg",
        bind="bind :443 ssl",
        local="bind 127.0.0.1:{port} ssl",
        tls="/etc/haproxy/tls",
    ),
}


class Proxy:
    """The address of a proxy, and a session that trusts its certificate."""

    def __init__(self, port: int, certificate: Path) -> None:
        self.port = port
        self.certificate = certificate
        self.url = f"https://localhost:{port}"
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = str(certificate)

    def wait_until_alive(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        """Return when the proxy answers, with the response of a gateway."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            assert process.poll() is None, log.read_text()
            with contextlib.suppress(requests.ConnectionError):
                if self.session.get(f"{self.url}/healthcheck", timeout=30).ok:
                    return
            time.sleep(0.1)
        pytest.fail(log.read_text())


def installed(name: str, directory: Path) -> str:
    """The program of the proxy.

    :param directory: of the log of the installation
    """
    return packages.program(name, (PROGRAMS[name].package, "openssl"), directory)


@contextlib.contextmanager
def running(name: str, program: str, directory: Path) -> Iterator[Proxy]:
    """The proxy in front of a gateway that works and of one that has stopped.

    :param program: the path of its program
    """
    certificate = _make_certificate(directory)
    shipped = PROGRAMS[name]
    with lone_gateway(directory, groups=_FORWARDED) as gateway:
        port = free_port()
        text = (_SHIPPED / shipped.file).read_text()
        for old, new in (
            (shipped.bind, shipped.local.format(port=port)),
            (shipped.tls, str(directory)),
            ("192.0.2.11:8788", f"127.0.0.1:{gateway.port}"),
            ("192.0.2.12:8788", f"127.0.0.1:{free_port()}"),
        ):
            assert old in text
            text = text.replace(old, new)
        (directory / shipped.file).write_text(text)
        log = directory / "error.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                _command(name, program, directory), stdout=output, stderr=subprocess.STDOUT
            )
        try:
            proxy = Proxy(port, certificate)
            proxy.wait_until_alive(process, log)
            yield proxy
        finally:
            process.terminate()
            process.wait(timeout=30)


def _command(name: str, program: str, directory: Path) -> Sequence[str | Path]:
    """The command of a proxy in the foreground."""
    if name == "haproxy":
        return (program, "-db", "-f", directory / PROGRAMS[name].file)
    main = directory / "main.conf"
    main.write_text(_NGINX.format(directory=directory))
    return (program, "-p", directory, "-c", main)


def _make_certificate(directory: Path) -> Path:
    """A certificate for localhost, signed by itself; HAProxy needs the key in the same file."""
    certificate, key = directory / "kic-vm.pem", directory / "kic-vm.key"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-days", "1"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    with certificate.open("ab") as both:
        both.write(key.read_bytes())
    return certificate
