"""The HTTP session that all callers share."""

from pathlib import Path

import pytest
import requests
import requests_mock

from kic_vm.adapters.http.client import MeteredSession

URL = "http://nova.test/v2.1"


@pytest.fixture
def session() -> MeteredSession:
    """A session without callers."""
    return MeteredSession(pool_size=1, max_body_size=2**20)


def test_headers(session: MeteredSession) -> None:
    """A request's own headers stand over those that all requests have."""
    with requests_mock.Mocker() as mocker:
        mocker.get(URL)
        session.get(URL, headers={"X-Auth-Token": "t", "User-Agent": "kic-vm"})
    sent = mocker.request_history[0].headers
    assert (sent["X-Auth-Token"], sent["User-Agent"]) == ("t", "kic-vm")
    assert sent["Accept-Encoding"] == requests.Session().headers["Accept-Encoding"]


def test_keeps_nothing(session: MeteredSession) -> None:
    """What a service gives one caller as a cookie, it does not get from the next one."""
    with requests_mock.Mocker() as mocker:
        mocker.get(URL, headers={"Set-Cookie": "caller=one"})
        session.get(URL)
        session.get(URL)
    assert "Cookie" not in mocker.request_history[1].headers


def test_no_netrc(session: MeteredSession, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Credentials that lie about on the machine are no concern of OpenStack's."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine nova.test login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with requests_mock.Mocker() as mocker:
        mocker.get(URL)
        session.get(URL)
    assert "Authorization" not in mocker.request_history[0].headers


def test_environment(session: MeteredSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxies and certificates are those of the environment, for each address its own."""
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", "keystone.test")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/ssl/own.pem")
    plain = requests.Session()
    for url in (URL, f"{URL}/servers", "http://keystone.test/v3", URL):
        for verify in (True, False):
            arguments = (url, {}, False, verify, None)
            expected = plain.merge_environment_settings(*arguments)
            assert session.merge_environment_settings(*arguments) == expected
