# SPDX-License-Identifier: Apache-2.0
"""The HTTP client that all callers share."""

from pathlib import Path

import pytest
import requests
import requests_mock

from kic_vm.adapters.http.client import HttpClient
from kic_vm.adapters.http.environment import Environment

URL = "http://nova.test/v2.1"


@pytest.fixture
def client() -> HttpClient:
    """A client that serves nobody yet."""
    return HttpClient(pool_size=1, max_body_size=2**20)


def test_headers(client: HttpClient) -> None:
    """A request's own headers replace those that all requests have."""
    with requests_mock.Mocker() as mocker:
        mocker.get(URL)
        client.request("GET", URL, headers={"X-Auth-Token": "t", "User-Agent": "kic-vm"})
    sent = mocker.request_history[0].headers
    assert (sent["X-Auth-Token"], sent["User-Agent"]) == ("t", "kic-vm")
    assert sent["Accept-Encoding"] == requests.Session().headers["Accept-Encoding"]


def test_direct_get(client: HttpClient) -> None:
    """A direct GET has its own headers, and leaves the prepared GET that it copies as it was."""
    with requests_mock.Mocker() as mocker:
        mocker.get(requests_mock.ANY, text="one")
        for number in "12":
            answer = client.get(
                f"{URL}/{number}", {"X-Auth-Token": number}, timeout=1, verify=True, cert=None
            )
            assert (answer.text, answer.url) == ("one", f"{URL}/{number}")
        client.get(URL, {}, timeout=1, verify=True, cert=None)
    assert [request.headers.get("X-Auth-Token") for request in mocker.request_history] == [
        "1",
        "2",
        None,
    ]


def test_keeps_nothing(client: HttpClient) -> None:
    """A cookie that a service sets for one caller is not sent for the next one."""
    with requests_mock.Mocker() as mocker:
        mocker.get(URL, headers={"Set-Cookie": "caller=one"})
        for _call in range(2):
            client.request("GET", URL)
            client.get(URL, {}, timeout=1, verify=True, cert=None)
    assert all("Cookie" not in request.headers for request in mocker.request_history)


def test_no_netrc(client: HttpClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Credentials in the .netrc of the machine are not sent to OpenStack."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine nova.test login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with requests_mock.Mocker() as mocker:
        mocker.get(URL)
        client.request("GET", URL)
        client.get(URL, {}, timeout=1, verify=True, cert=None)
    assert all("Authorization" not in request.headers for request in mocker.request_history)


def test_redirect_is_returned(client: HttpClient) -> None:
    """A redirect is an answer: keystoneauth decides whether to follow it."""
    with requests_mock.Mocker() as mocker:
        mocker.get(URL, status_code=302, headers={"Location": f"{URL}/"})
        for answer in (
            client.request("GET", URL),
            client.get(URL, {}, timeout=1, verify=True, cert=None),
        ):
            assert (answer.status_code, answer.headers["Location"]) == (302, f"{URL}/")
    assert len(mocker.request_history) == 2


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxies and certificates are those of the environment, for each address its own."""
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", "keystone.test")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/ssl/own.pem")
    environment, plain = Environment(), requests.Session()
    for url in (URL, f"{URL}/servers", "http://keystone.test/v3", URL):
        for verify in (True, False, None):
            expected = plain.merge_environment_settings(url, {}, None, verify, None)
            settings = environment.settings_for(url, verify, None)
            assert (
                settings.items()
                == {name: value for name, value in expected.items() if name != "stream"}.items()
            )
