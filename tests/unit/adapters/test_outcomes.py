# SPDX-License-Identifier: Apache-2.0
"""Which failed writes may have been done all the same."""

import copy
import socket
from typing import Any

import pytest
import requests
from keystoneauth1 import session as ksa_session
from keystoneauth1.exceptions import ClientException
from oslo_config import cfg

from kic_vm import exceptions
from kic_vm.adapters import cloud as adapters_cloud
from kic_vm.adapters.compute import Compute
from kic_vm.adapters.http.outcomes import may_have_arrived
from kic_vm.context import RequestContext
from tests.unit.adapters.answering import Server
from tests.unit.cloud import Cloud


@pytest.fixture
def compute(conf: cfg.ConfigOpts, cloud: Cloud) -> Compute:
    """Nova in the name of a caller."""
    made = adapters_cloud.Cloud(conf)
    return Compute(made, RequestContext(auth=copy.copy(made.service_auth)), "compute")


@pytest.mark.parametrize(
    ("answer", "is_unknown"),
    [
        ({"status": 400}, False),
        ({"status": 401}, False),
        ({"status": 403}, False),
        ({"status": 409}, False),
        ({"status": 429}, False),
        ({"status": 500}, True),
        ({"status": 502}, True),
        ({"status": 503}, True),
        ({"status": 504}, True),
        ({"status": 202, "text": '{"server": {"id'}, True),
        ({"status": 202, "text": "[]"}, True),
        ({"status": 202, "json": {"surprise": 1}}, True),
        ({"exc": requests.exceptions.ReadTimeout}, True),
        ({"exc": requests.exceptions.ConnectionError}, True),
        ({"exc": requests.exceptions.ChunkedEncodingError}, True),
        ({"exc": requests.exceptions.ConnectTimeout}, False),
    ],
)
def test_write(compute: Compute, cloud: Cloud, answer: dict[str, Any], is_unknown: bool) -> None:
    """Only a whole refusal, or no connection at all, says that nothing was done."""
    cloud.answer("POST", "nova", "/servers", **answer)
    request: Any = {}
    with pytest.raises(exceptions.KicVmError) as failure:
        compute.create_server(request)
    assert failure.value.is_outcome_unknown is is_unknown


@pytest.mark.parametrize(
    "answer", [{"status": 500}, {"text": "<html>"}, {"exc": requests.exceptions.ReadTimeout}]
)
def test_read(compute: Compute, cloud: Cloud, answer: dict[str, Any]) -> None:
    """A read changes nothing, whatever comes back."""
    cloud.answer("GET", "nova", "/servers/1", **answer)
    with pytest.raises(exceptions.KicVmError) as failure:
        compute.get_server("1")
    assert not failure.value.is_outcome_unknown


@pytest.mark.parametrize(
    "answer", [{"status": 500}, {"status": 401}, {"exc": requests.exceptions.ReadTimeout}]
)
def test_login_that_fails(compute: Compute, cloud: Cloud, answer: dict[str, Any]) -> None:
    """Where the gateway gets no token, the write is not sent."""
    cloud.answer("POST", "keystone", "/auth/tokens", **answer)
    with pytest.raises(exceptions.KicVmError) as failure:
        compute.delete_server("1")
    assert not failure.value.is_outcome_unknown
    assert cloud.sent("nova", "DELETE") == []


def fails(url: str, method: str = "POST") -> ClientException:
    """What keystoneauth raises for a request to a server that is really there, or is not."""
    session = ksa_session.Session(timeout=0.5)
    with pytest.raises(ClientException) as failure:
        session.request(url, method, authenticated=False, redirect=False)
    return failure.value


@pytest.mark.parametrize("path", ["/broken", "/half", "/never"])
@pytest.mark.parametrize("host", ["127.0.0.1", "LocalHost"])
@pytest.mark.parametrize("scheme", ["http", "HTTP"])
@pytest.mark.parametrize("begin", ["", "/compute/.."])
def test_connection(server: Server, path: str, host: str, scheme: str, begin: str) -> None:
    """An answer that is cut, is not whole, or does not come follows a request that was sent.

    However the catalog spells the address: requests changes it.
    """
    url = server.url.replace("http://127.0.0.1", f"{scheme}://{host}")
    assert may_have_arrived(fails(url + begin + path))


@pytest.mark.parametrize(("method", "path"), [("POST", "/broken/auth/tokens"), ("GET", "/broken")])
def test_preparation(server: Server, method: str, path: str) -> None:
    """A login or a discovery that fails comes before the write."""
    assert not may_have_arrived(fails(server.url + path, method))


def test_nobody_there() -> None:
    """Where nothing listens, or the host has no address, nothing was sent."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        assert not may_have_arrived(fails(url))
    url = "http://no-such-host.invalid"
    assert not may_have_arrived(fails(url))
