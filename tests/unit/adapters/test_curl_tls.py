# SPDX-License-Identifier: Apache-2.0
"""Whom reads trust, and by what they are known, where OpenStack is behind TLS."""

import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from kic_vm.adapters.http.client import HttpClient
from tests.unit.adapters.answering import WAIT, Server, answering
from tests.unit.certificates import write_certificate


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that has signed itself, alone in a folder; its key is beside."""
    folder = tmp_path_factory.mktemp("trusted")
    write_certificate(folder / "own.pem", _key(folder / "own.pem"))
    return folder / "own.pem"


def _key(certificate: Path) -> Path:
    return certificate.parent.with_suffix(".key")


def _context(own: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own, _key(own))
    return context


@pytest.fixture
def tls(own: Path) -> Iterator[Server]:
    """A server with that certificate."""
    with answering(_context(own)) as made:
        yield made


def _read(server: Server, verify: Any, cert: Any = None) -> bytes:
    wire = HttpClient(pool_size=1, max_body_size=2**20)
    return wire.get(server.url, {}, timeout=WAIT, verify=verify, cert=cert).content


def test_trusted(tls: Server, own: Path) -> None:
    """By a file, by a folder as OpenSSL wants it, or whoever it is."""
    subprocess.run(["openssl", "rehash", str(own.parent)], check=True)
    assert _read(tls, str(own)) == b"one"
    assert _read(tls, str(own.parent)) == b"one"
    assert _read(tls, False) == b"one"


def test_trusted_by_the_environment(
    tls: Server, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing else is said, what requests would trust is trusted."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(own))
    assert _read(tls, True) == b"one"


def test_unknown(tls: Server) -> None:
    """Nobody is sent a token who is not known."""
    with pytest.raises(requests.ConnectionError):
        _read(tls, True)
    assert tls.asked == []


def test_another_name(tls: Server, own: Path) -> None:
    """Nor one who is known by another name."""
    wire = HttpClient(pool_size=1, max_body_size=2**20)
    with pytest.raises(requests.ConnectionError):
        wire.get(
            tls.url.replace("127.0.0.1", "localhost"),
            {},
            timeout=WAIT,
            verify=str(own),
            cert=None,
        )
    assert tls.asked == []


def test_own_certificate(own: Path) -> None:
    """The gateway shows its own where the service wants to see one."""
    context = _context(own)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(own)
    both = own.parent / "both"
    both.write_bytes(own.read_bytes() + _key(own).read_bytes())
    with answering(context) as server:
        assert _read(server, str(own), (str(own), str(_key(own)))) == b"one"
        assert _read(server, str(own), str(both)) == b"one"
        with pytest.raises(requests.ConnectionError):
            _read(server, str(own))
