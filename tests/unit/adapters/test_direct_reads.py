# SPDX-License-Identifier: Apache-2.0
"""GETs without keystoneauth, at a server that is really there."""

import logging
import socket
from collections.abc import Callable
from functools import partial

import pytest
import requests
from keystoneauth1 import session as ksa_session
from keystoneauth1.exceptions import ConnectTimeout

from kic_vm.adapters.http import direct_reads, interleaved
from kic_vm.adapters.http.client import HttpClient
from kic_vm.adapters.http.current_call import calling
from kic_vm.adapters.http.time_limits import TimeLimits
from kic_vm.context import RequestRecord, recording
from kic_vm.metrics.registry import REGISTRY
from tests.unit.adapters.answering import WAIT, Server


@pytest.fixture
def get(server: Server) -> Callable[[str], requests.Response | None]:
    """A direct GET from the server."""
    session = ksa_session.Session(timeout=WAIT)
    wire = HttpClient(pool_size=8, max_body_size=2**20)
    return lambda path: direct_reads.get(session, wire, server.url + path, {"X-Auth-Token": "t"})


Get = Callable[[str], requests.Response | None]


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/plain?a=b%20c", 200, b"one"),
        ("/closing", 200, b"one"),
        ("/chunked", 200, b"onetwo"),
        ("/status/404", 404, b"one"),
        ("/status/409", 409, b"one"),
        ("/status/500", 500, b"one"),
    ],
)
def test_answer(get: Get, server: Server, path: str, status: int, body: bytes) -> None:
    """Status and body are there; what was sent is what was given."""
    for number in range(2):
        answer = get(path)
        assert answer is not None
        assert (answer.status_code, answer.content, answer.text) == (status, body, body.decode())
        asked = server.asked[number]
        assert (asked.path, asked.headers["X-Auth-Token"]) == (path, "t")
        assert asked.headers["Cookie"] is None


def test_connections_are_kept(get: Get, server: Server) -> None:
    """The second GET comes over the connection of the first."""
    get("/plain")
    get("/plain")
    assert len({asked.client_address for asked in server.asked}) == 1


def test_side_by_side(get: Get, server: Server) -> None:
    """Four of one request are at the server at the same time, though one thread has sent them."""
    record = RequestRecord("req-1")
    with recording(record):
        answers = interleaved.gather_reads(*[partial(get, "/together")] * 4)
    assert [answer.content for answer in answers] == [b"one"] * 4
    assert record.upstream_calls == 4


@pytest.mark.parametrize("path", ["/status/401", "/status/503", "/status/302", "/broken"])
def test_for_keystoneauth(get: Get, path: str) -> None:
    """What may need a new token, a second attempt or another address is left to keystoneauth."""
    assert get(path) is None


def test_nobody_there(get: Get, server: Server) -> None:
    """So is a service that cannot be reached; and it is found again."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        wire = HttpClient(pool_size=1, max_body_size=2**20)
        assert direct_reads.get(ksa_session.Session(), wire, url, {}) is None


@pytest.mark.parametrize("count", [1, 2])
def test_too_late(server: Server, count: int) -> None:
    """A service that does not answer in time, alone or beside another one."""
    session, wire = (
        ksa_session.Session(timeout=0.2),
        HttpClient(pool_size=1, max_body_size=2**20),
    )
    call = partial(direct_reads.get, session, wire, f"{server.url}/never", {})
    with pytest.raises(ConnectTimeout, match="timed out"):
        interleaved.gather_reads(*[call] * count)


@pytest.mark.parametrize("count", [1, 2])
def test_stopped_halfway(server: Server, count: int) -> None:
    """A service that has begun to answer, and goes on no more."""
    session = ksa_session.Session()
    wire = HttpClient(1, 2**20, {"compute": TimeLimits(total=0.2)})
    call = partial(direct_reads.get, session, wire, f"{server.url}/half", {})
    with calling("compute"), pytest.raises(ConnectTimeout, match="timed out"):
        interleaved.gather_reads(*[call] * count)


def test_not_sent(server: Server) -> None:
    """No header brings another one along, and no address leads out of HTTP."""
    wire = HttpClient(pool_size=1, max_body_size=2**20)
    call = partial(direct_reads.get, ksa_session.Session(), wire)
    assert call(server.url, {"X-Auth-Token": "t\r\nX-Roles: admin"}) is None
    assert call(server.url, {"X-Auth-Token": "t\nX-Roles: admin"}) is None
    with pytest.raises(requests.exceptions.InvalidSchema):
        wire.get("file:///etc/passwd", {}, timeout=1, verify=True, cert=None)
    assert server.asked == []


def test_proxy(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment's proxy is asked for the whole address."""
    monkeypatch.setenv("http_proxy", server.url)
    wire = HttpClient(pool_size=1, max_body_size=2**20)
    answer = direct_reads.get(ksa_session.Session(), wire, "http://nova.test/v2.1/servers", {})
    assert answer is not None
    assert (answer.content, server.asked[0].path) == (b"one", "http://nova.test/v2.1/servers")


def test_wire_log(get: Get, server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """Who wants to see in the log what goes over the wire gets it: keystoneauth writes it."""
    with caplog.at_level(logging.DEBUG, "keystoneauth.session"):
        assert get("/plain") is None
    assert server.asked == []


def test_headers() -> None:
    """The name of Cinder's microversions is not its type's."""
    made = direct_reads.headers("block-storage", "3.64", "req-1")
    assert made["OpenStack-API-Version"] == "volume 3.64"
    assert made["X-OpenStack-Request-ID"] == "req-1"
    assert direct_reads.headers("compute", "2.90", None)["OpenStack-API-Version"] == "compute 2.90"
    assert direct_reads.headers("network", None, None).keys() == {"User-Agent"}


def test_all_headers(get: Get) -> None:
    """An answer has its headers and its reason; a 429 is not asked for once more."""
    answer = get("/status/429")
    assert answer is not None
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "17")
    assert answer.reason == "Too Many Requests"
    plain = get("/plain")
    assert plain is not None
    assert plain.headers["Content-Length"] == "3"
    assert plain.headers["set-cookie"] == "caller=one"
    assert (plain.ok, plain.is_redirect, plain.url.endswith("/plain")) == (True, False, True)
    assert "Retry-After" not in plain.headers


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/status/401", "unauthorized"),
        ("/status/503", "unavailable"),
        ("/status/302", "redirect"),
        ("/broken", "no_answer"),
    ],
)
def test_fallback_is_counted(
    get: Get, path: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Each GET that is left to keystoneauth counts; the log has one line for all of them."""
    direct_reads._logged.clear()
    labels = {"service": "compute", "reason": reason}
    name = "kic_vm_upstream_fallbacks_total"
    before = REGISTRY.get_sample_value(name, labels) or 0
    with calling("compute"):
        for _attempt in range(2):
            assert get(path) is None
    assert REGISTRY.get_sample_value(name, labels) == before + 2
    assert len([line for line in caplog.messages if reason in line]) == 1
