# SPDX-License-Identifier: Apache-2.0
"""The proxy passes requests on, and spoils those that a rule is about."""

import concurrent.futures

import pytest
import requests

from tests.faults.proxy import Proxy
from tests.faults.rules import READS, WRITES, Rule
from tests.unit.faults.conftest import Service

CUT = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)


def get(proxy: Proxy, path: str = "/servers", **kwargs: float) -> requests.Response:
    return requests.get(proxy.address("compute") + path, timeout=kwargs.get("timeout", 20))


def post(proxy: Proxy, path: str = "/servers", timeout: float = 20) -> requests.Response:
    return requests.post(proxy.address("compute") + path, json={"a": 1}, timeout=timeout)


def test_passes_on(proxy: Proxy, service: Service) -> None:
    """Method, path, body, status and headers arrive; addresses lead through the proxy."""
    session = requests.Session()
    for number in (1, 2):
        response = session.post(f"{proxy.address('compute')}/servers?a=b", data="sent")
        assert response.status_code == 201
        assert response.json() == {
            "number": number,
            "sent": "sent",
            "link": f"{proxy.address('compute')}/v3",
        }
        assert response.headers["Location"] == f"{proxy.address('compute')}/there"
    assert service.requests == [("POST", "/servers?a=b")] * 2
    assert get(proxy, "/chunked").json()["number"] == 3


@pytest.mark.parametrize(
    ("kind", "status", "text"),
    [
        ("status", 503, "made by a fault"),
        ("html", 200, "<html>"),
        ("empty", 200, ""),
        ("garbage", 200, '{"servers": [{"id": "'),
    ],
)
def test_answers_itself(proxy: Proxy, service: Service, kind: str, status: int, text: str) -> None:
    """An answer that the service knows nothing of."""
    with proxy.fault(Rule(kind)):
        response = post(proxy)
    assert response.status_code == status
    assert text in response.text
    assert service.requests == []


@pytest.mark.parametrize(
    ("kind", "times"),
    [("reset", 0), ("refuse", 0), ("lost", 1), ("reset_mid", 1), ("truncate", 1)],
)
def test_cuts_connection(proxy: Proxy, service: Service, kind: str, times: int) -> None:
    """The client gets no whole answer, whether the service has done it or not."""
    with proxy.fault(Rule(kind)), pytest.raises(CUT):
        post(proxy)
    assert len(service.requests) == times
    assert get(proxy).status_code == 200


@pytest.mark.parametrize(("kind", "times"), [("hang", 0), ("late", 1), ("drip", 1)])
def test_outlasts_client(proxy: Proxy, service: Service, kind: str, times: int) -> None:
    """The client's time is over before the answer is there."""
    # A drip restarts the time limit of requests with each byte, so it is slower than that.
    rule = Rule(kind, parameters={"seconds": 60})
    with proxy.fault(rule), pytest.raises(requests.RequestException):
        post(proxy, timeout=0.3)
    assert rule.was_done.wait(10 * times) == bool(times)
    assert len(service.requests) == times
    assert proxy.wait_until_idle(10)


def test_latency_outlasts_client(proxy: Proxy, service: Service) -> None:
    """A request that is late is done, even when nobody waits for it any more."""
    with proxy.fault(Rule("latency", parameters={"seconds": 1})):
        with pytest.raises(requests.Timeout):
            post(proxy, timeout=0.2)
        assert service.requests == []
        assert proxy.wait_until_idle(10)
    assert len(service.requests) == 1


def test_lie(proxy: Proxy, service: Service) -> None:
    """It is done and answered with the error that was asked for."""
    with proxy.fault(Rule("lie", parameters={"status": 500})):
        assert post(proxy).status_code == 500
    assert len(service.requests) == 1


def test_duplicate(proxy: Proxy, service: Service) -> None:
    """It is done twice, and the second answer counts."""
    with proxy.fault(Rule("duplicate")):
        assert post(proxy).json()["number"] == 2
    assert len(service.requests) == 2


def test_stale(proxy: Proxy, service: Service) -> None:
    """The first answer comes again; without one the request is passed on."""
    with proxy.fault(Rule("stale")):
        assert [get(proxy).json()["number"] for _time in range(2)] == [1, 1]
    assert get(proxy).json()["number"] == 2


def test_content_type(proxy: Proxy) -> None:
    """The body is right and its type is wrong."""
    with proxy.fault(Rule("content_type")):
        response = get(proxy)
    assert (response.headers["Content-Type"], response.json()["number"]) == ("text/plain", 1)


def test_rule_matches(proxy: Proxy) -> None:
    """Only the service, the methods and the path of the rule; after some, and some times."""
    rule = Rule(
        "status",
        frozenset({"compute"}),
        WRITES,
        r"/servers$",
        skip=1,
        count=2,
        is_login_spared=True,
    )
    with proxy.fault(rule):
        assert get(proxy).status_code == 200
        assert post(proxy, "/auth/tokens").status_code == 201
        assert post(proxy, "/servers/action").status_code == 201
        assert [post(proxy).status_code for _time in range(4)] == [201, 503, 503, 201]
    assert rule.met == ["POST /servers"] * 2
    with proxy.fault(Rule("status", frozenset({"network"}), READS)):
        assert get(proxy).status_code == 200


def test_probability_is_repeatable(proxy: Proxy) -> None:
    """The same seed spoils the same requests."""
    runs = []
    for _time in range(2):
        with proxy.fault(Rule("status", probability=0.5, seed=7)):
            runs.append([get(proxy).status_code for _number in range(20)])
    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 503}


def test_says_when_service_has_done_it(proxy: Proxy, service: Service) -> None:
    """Who waits for that moment can act between the deed and the answer."""
    rule = Rule("late", parameters={"seconds": 60})
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with proxy.fault(rule):
            response = pool.submit(post, proxy)
            assert rule.was_done.wait(10)
            assert len(service.requests) == 1
            assert not response.done()
        assert response.result().status_code == 201  # released with the rule


def test_records(proxy: Proxy) -> None:
    """What passes during a block is known."""
    with proxy.rules.recorded() as passed:
        post(proxy)
    get(proxy)
    assert passed == [("compute", "POST", "/servers")]
