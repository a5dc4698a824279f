# SPDX-License-Identifier: Apache-2.0
"""The gateway's own login, which many requests need at the same time."""

import datetime
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final

import pytest
from keystoneauth1 import access
from keystoneauth1 import exceptions as ksa_exceptions
from keystoneauth1.identity.base import BaseIdentityPlugin
from keystoneauth1.session import Session

from kic_vm import deadline, exceptions
from kic_vm.adapters import own_login
from kic_vm.adapters.http.bulkhead import Bulkhead
from kic_vm.adapters.http.circuit_breaker import CircuitBreaker
from kic_vm.adapters.http.guards import Guard
from kic_vm.adapters.own_login import OwnLogin
from tests.unit.bodies import body

SECONDS: Final = 20
WAITERS: Final = 7


class Plugin(BaseIdentityPlugin):
    """Logs in as a test says."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Semaphore(0)
        self.calls = 0
        self.answer: Callable[[], access.AccessInfo] = token

    def get_auth_ref(self, session: Session) -> access.AccessInfo:
        """See BaseIdentityPlugin."""
        self.calls += 1
        answer = self.answer
        self.begun.release()
        return answer()


def token(seconds: float = 3600) -> access.AccessInfo:
    """A token that expires after this time."""
    expiry = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)
    data = body("token")["token"] | {"expires_at": expiry.isoformat().replace("+00:00", "Z")}
    return access.create(body={"token": data}, auth_token=f"for-{seconds}-seconds")


class Late:
    """An answer of Keystone that comes when the test says so."""

    def __init__(self, answer: Callable[[], access.AccessInfo]) -> None:
        self._answer = answer
        self._is_due = threading.Event()

    def __call__(self) -> access.AccessInfo:
        assert self._is_due.wait(SECONDS)
        return self._answer()

    def come(self) -> None:
        self._is_due.set()


def no_answer() -> access.AccessInfo:
    """What keystoneauth raises after the time limit."""
    raise ksa_exceptions.ConnectTimeout("timed out")


def refusal() -> access.AccessInfo:
    """What keystoneauth raises for a wrong password."""
    raise ksa_exceptions.Unauthorized("wrong")


@pytest.fixture
def plugin() -> Plugin:
    return Plugin()


@pytest.fixture
def breaker() -> CircuitBreaker:
    return CircuitBreaker("identity", 3, 1)


@pytest.fixture
def login(plugin: Plugin, breaker: CircuitBreaker) -> OwnLogin:
    return OwnLogin(plugin, Guard(Bulkhead("identity", 16, 1), breaker))


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    """Released when a thread begins to wait for the login of another one."""
    begun = threading.Semaphore(0)
    wait = own_login.Attempt.wait

    def noted(attempt: own_login.Attempt, seconds: float) -> bool:
        begun.release()
        return wait(attempt, seconds)

    monkeypatch.setattr(own_login.Attempt, "wait", noted)
    return begun


def ask(login: OwnLogin, seconds: float = SECONDS) -> Any:
    """The token, within the time of a request."""
    session: Any = None
    with deadline.within(seconds):
        return login.get_access(session)


def begin(pool: ThreadPoolExecutor, login: OwnLogin, plugin: Plugin, **time: float) -> Future[Any]:
    """The thread that logs in."""
    first = pool.submit(ask, login, **time)
    assert plugin.begun.acquire(timeout=SECONDS)
    return first


def follow(
    pool: ThreadPoolExecutor, login: OwnLogin, waits: threading.Semaphore, count: int = WAITERS
) -> list[Future[Any]]:
    """Threads that wait for it."""
    others = [pool.submit(ask, login) for _waiter in range(count)]
    assert all(waits.acquire(timeout=SECONDS) for _waiter in others)
    return others


@pytest.mark.parametrize(
    ("answer", "error"),
    [(no_answer, exceptions.UpstreamTimeout), (refusal, exceptions.UpstreamUnavailable)],
)
def test_failure_is_shared(
    login: OwnLogin,
    plugin: Plugin,
    waits: threading.Semaphore,
    answer: Callable[[], access.AccessInfo],
    error: type[exceptions.UpstreamError],
) -> None:
    """Whoever waits while a login fails does not try it again."""
    plugin.answer = late = Late(answer)
    with ThreadPoolExecutor(1 + WAITERS) as pool:
        threads = [begin(pool, login, plugin), *follow(pool, login, waits)]
        late.come()
        failures = [thread.exception(SECONDS) for thread in threads]
    assert plugin.calls == 1
    assert {type(failure) for failure in failures} == {error}
    assert {str(failure) for failure in failures} == {str(failures[0])}
    assert all(isinstance(one, error) and one.details["service"] == "identity" for one in failures)
    assert len({id(failure) for failure in failures}) == len(failures)


def test_failure_is_not_kept(login: OwnLogin, plugin: Plugin) -> None:
    """A later request begins a new login."""
    plugin.answer = no_answer
    with pytest.raises(exceptions.UpstreamTimeout):
        ask(login)
    plugin.answer = token
    assert ask(login).auth_token
    assert plugin.calls == 2


def test_token_is_shared(login: OwnLogin, plugin: Plugin, waits: threading.Semaphore) -> None:
    """One login serves all."""
    plugin.answer = late = Late(token)
    with ThreadPoolExecutor(1 + WAITERS) as pool:
        threads = [begin(pool, login, plugin), *follow(pool, login, waits)]
        late.come()
        assert len({thread.result(SECONDS).auth_token for thread in threads}) == 1
    assert plugin.calls == 1


def test_own_deadline(login: OwnLogin, plugin: Plugin) -> None:
    """Nobody waits for longer than the request has."""
    plugin.answer = late = Late(token)
    with ThreadPoolExecutor(1 + WAITERS) as pool:
        first = begin(pool, login, plugin)
        with pytest.raises(exceptions.UpstreamTimeout):
            ask(login, 0.01)
        late.come()
        assert first.result(SECONDS)


def test_deadline_of_another(login: OwnLogin, plugin: Plugin, waits: threading.Semaphore) -> None:
    """A request that had too little time says nothing about Keystone."""
    plugin.answer = late = Late(no_answer)
    with ThreadPoolExecutor(1 + WAITERS) as pool:
        first = begin(pool, login, plugin, seconds=0.01)
        (other,) = follow(pool, login, waits, 1)
        plugin.answer = token
        time.sleep(0.02)
        late.come()
        assert other.result(SECONDS)
        assert isinstance(first.exception(SECONDS), exceptions.UpstreamTimeout)


def test_usable_token(login: OwnLogin, plugin: Plugin) -> None:
    """While one thread renews the token, and if it fails, all use the present one."""
    plugin.answer = lambda: token(60)
    present = ask(login)
    assert plugin.begun.acquire(timeout=SECONDS)
    plugin.answer = late = Late(no_answer)
    with ThreadPoolExecutor(1 + WAITERS) as pool:
        first = begin(pool, login, plugin)
        assert ask(login) is present
        late.come()
        assert first.result(SECONDS) is present


def test_circuit(
    login: OwnLogin, plugin: Plugin, breaker: CircuitBreaker, waits: threading.Semaphore
) -> None:
    """Each request that gets no answer counts, as if it had logged in by itself."""
    probed = threading.Event()
    breaker.probe = probed.set
    plugin.answer = late = Late(no_answer)
    with ThreadPoolExecutor(1 + WAITERS) as pool:
        threads = [begin(pool, login, plugin), *follow(pool, login, waits)]
        late.come()
        assert all(thread.exception(SECONDS) for thread in threads)
    assert probed.wait(SECONDS)
