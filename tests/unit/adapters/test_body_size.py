# SPDX-License-Identifier: Apache-2.0
"""How much of an answer's body is accepted, and for how long it is kept."""

import gc
import tracemalloc
from collections.abc import Callable

import pytest
import requests
from keystoneauth1 import session as ksa_session
from keystoneauth1.exceptions import UnknownConnectionError

from kic_vm.adapters.http import direct_reads, interleaved
from kic_vm.adapters.http.bodies import BodyTooLarge
from kic_vm.adapters.http.client import HttpClient
from tests.unit.adapters.answering import WAIT, Server

LIMIT = 2**20
Get = Callable[[str], requests.Response]


@pytest.fixture
def wire() -> HttpClient:
    """A session with a limit."""
    return HttpClient(pool_size=4, max_body_size=LIMIT)


@pytest.fixture(params=["libcurl", "requests"])
def get(request: pytest.FixtureRequest, server: Server, wire: HttpClient) -> Get:
    """A GET by each of the two ways."""
    if request.param == "libcurl":
        return lambda path: wire.get(server.url + path, {}, timeout=WAIT, verify=True, cert=None)
    return lambda path: wire.request("GET", server.url + path, timeout=WAIT)


@pytest.mark.parametrize("kind", ["large", "compressed"])
def test_limit(get: Get, kind: str) -> None:
    """A body of just that size is read; one byte more is refused, however well it compresses."""
    assert len(get(f"/{kind}/{LIMIT}").content) == LIMIT
    with pytest.raises(BodyTooLarge, match=str(LIMIT)):
        get(f"/{kind}/{LIMIT + 1}")
    assert get("/plain").content == b"one"


def test_stops_early(get: Get) -> None:
    """Of a small answer that would become a huge body, little more than the limit is in memory."""
    path = f"/compressed/{32 * LIMIT}"
    with pytest.raises(BodyTooLarge):
        get(path)  # the server, which is in this process, has made the body now
    tracemalloc.start()
    try:
        with pytest.raises(BodyTooLarge):
            get(path)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * LIMIT


def test_not_asked_again(server: Server, wire: HttpClient) -> None:
    """keystoneauth does not ask for the same body once more."""
    with pytest.raises(UnknownConnectionError):
        direct_reads.get(ksa_session.Session(), wire, f"{server.url}/large/{LIMIT + 1}", {})
    assert len(server.asked) == 1


def test_body_is_not_kept(server: Server, wire: HttpClient) -> None:
    """An idle connection holds no body: three large ones side by side leave nothing behind."""

    def get_large() -> int:
        answer = wire.get(f"{server.url}/large/{LIMIT}", {}, timeout=WAIT, verify=True, cert=None)
        return len(answer.content)

    interleaved.gather_reads(*[get_large] * 3)
    tracemalloc.start()
    try:
        assert interleaved.gather_reads(*[get_large] * 3) == [LIMIT] * 3
        gc.collect()
        left, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert left < LIMIT
