# SPDX-License-Identifier: Apache-2.0
"""Every method of the adapters, over a real connection as with requests-mock.

The other unit tests replace the connection. Here, a server on a loopback socket sends the same
bodies, and libcurl and urllib3 read them.
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import requests_mock
from keystoneauth1 import access
from keystoneauth1.identity.access import AccessInfoPlugin

from kic_vm import conf as configuration
from kic_vm import exceptions
from kic_vm.adapters.cloud import Cloud as AdapterCloud
from kic_vm.adapters.openstack_services import OpenStackServices
from kic_vm.context import RequestContext, RequestRecord, recording
from tests.unit import personas
from tests.unit.adapters import adapter_calls, loopback
from tests.unit.cloud import URLS, Cloud

# The usage report has the time of its request.
_TIME: Final = re.compile(r"T\d\d%3A\d\d%3A\d\d")
METHODS = sorted(adapter_calls.methods())


@pytest.fixture(scope="module")
def server() -> Iterator[loopback.Loopback]:
    """The server that is the proxy to all services."""
    variables = {"http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY"}
    with loopback.serving() as made, pytest.MonkeyPatch.context() as patch:
        for variable in variables & os.environ.keys():
            patch.delenv(variable)
        patch.setenv("http_proxy", made.url)
        yield made


@pytest.fixture(scope="module")
def load_cloud(config_file: Path) -> Callable[[], AdapterCloud]:
    """A function that returns the adapters' cloud of a new process."""
    return lambda: AdapterCloud(configuration.load([], str(config_file)))


@pytest.fixture(scope="module")
def over_socket(
    server: loopback.Loopback, load_cloud: Callable[[], AdapterCloud]
) -> OpenStackServices:
    """The services for a member, over a real connection."""
    return _services(load_cloud())


@pytest.fixture(scope="module")
def faked(load_cloud: Callable[[], AdapterCloud]) -> OpenStackServices:
    """The services for a member, for use with requests-mock."""
    return _services(load_cloud())


def _services(cloud: AdapterCloud) -> OpenStackServices:
    token = access.create(body=personas.TOKENS["member"], auth_token=personas.token_of("member"))
    context = RequestContext(auth=AccessInfoPlugin(token), project_id=personas.PROJECT)
    return OpenStackServices(cloud, context)


def _outcome(services: OpenStackServices, method: str) -> Any:
    """What a method returns, or its error."""
    with recording(RequestRecord("req-1")):
        try:
            return adapter_calls.call_of(services, method)()
        except exceptions.KicVmError as error:
            return type(error), error.message, error.is_outcome_unknown


def _sent(cloud: Cloud) -> list[tuple[Any, ...]]:
    """What the services got, without times; reads that run side by side come in any order."""
    return sorted(
        (
            request.method,
            _TIME.sub("", request.url),
            request.text or "",
            request.headers.get("X-Auth-Token"),
        )
        for service in URLS
        for request in cloud.sent(service)
    )


@pytest.mark.parametrize("method", METHODS)
def test_method(
    method: str,
    server: loopback.Loopback,
    over_socket: OpenStackServices,
    faked: OpenStackServices,
) -> None:
    """The method sends the same requests and returns the same over a socket as with the fake."""
    real_cloud = server.serve()
    adapter_calls.answer_all(real_cloud)
    result = _outcome(over_socket, method)
    assert server.missing == [], (
        f"{method} sends a request that has no recorded answer: add it to answer_all in "
        f"{adapter_calls.__file__}, or to populate if an operation needs it"
    )
    assert server.count > 0
    with requests_mock.Mocker() as mocker:
        fake_cloud = Cloud(mocker)
        adapter_calls.answer_all(fake_cloud)
        assert _outcome(faked, method) == result
    assert _sent(real_cloud) == _sent(fake_cloud)
    assert not isinstance(result, tuple), f"{method} fails: {result}"


def test_all_arguments_are_used() -> None:
    """No argument is left over from a method that is gone."""
    assert adapter_calls.OWN_ARGUMENTS.keys() <= set(METHODS)


def test_all_adapters(faked: OpenStackServices) -> None:
    """Every service has its methods in this test."""
    adapters = {name: type(adapter) for name, adapter in vars(faked).items()}
    assert adapters == adapter_calls.ADAPTERS, "add the new adapter to ADAPTERS in adapter_calls"
