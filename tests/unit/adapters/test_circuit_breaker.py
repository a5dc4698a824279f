# SPDX-License-Identifier: Apache-2.0
"""Calls to a service that is known to be down fail at once, and nobody can make it look so."""

import threading
from collections.abc import Iterator

import pytest

from kic_vm import exceptions
from kic_vm.adapters.http.circuit_breaker import CircuitBreaker
from kic_vm.metrics import upstreams as metrics
from kic_vm.metrics.registry import REGISTRY

FAILURES = 3
SECONDS = 20


class Service:
    """What the gateway asks, and how it is answered."""

    def __init__(self) -> None:
        self.problem: exceptions.KicVmError | None = None
        self.asked = threading.Semaphore(0)
        self.may_answer = threading.Semaphore(0)

    def ask(self) -> None:
        self.asked.release()
        assert self.may_answer.acquire(timeout=SECONDS)
        if self.problem:
            raise self.problem

    def answer(self, problem: exceptions.KicVmError | None) -> None:
        """Wait for the question, and answer it."""
        assert self.asked.acquire(timeout=SECONDS)
        self.problem = problem
        self.may_answer.release()


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def breaker(service: Service) -> Iterator[CircuitBreaker]:
    made = CircuitBreaker("compute", FAILURES, 0.01)
    made.probe = service.ask
    yield made
    wait_until_settled()


def settled() -> bool:
    return not any(one.name == "circuit-compute" for one in threading.enumerate())


def wait_until_settled() -> None:
    """Return when the gateway asks no more."""
    for one in threading.enumerate():
        if one.name == "circuit-compute":
            one.join(SECONDS)
    assert settled()


def fail(breaker: CircuitBreaker, times: int = FAILURES) -> None:
    for _time in range(times):
        breaker.note_failure()


def open_circuits() -> float | None:
    return REGISTRY.get_sample_value("kic_vm_upstream_open_circuits", {"service": "compute"})


def test_down_and_up_again(breaker: CircuitBreaker, service: Service) -> None:
    """Calls are refused from the question without an answer to the one with an answer."""
    fail(breaker)
    breaker.check()  # it is not known yet
    service.answer(exceptions.UpstreamTimeout("compute"))
    assert service.asked.acquire(timeout=SECONDS)  # the next question: the first one has ended
    with pytest.raises(exceptions.UpstreamUnavailable) as caught:
        breaker.check()
    assert caught.value.details == {"service": "compute"}
    assert caught.value.retry_after == 1
    assert open_circuits() == 1
    service.may_answer.release()
    service.answer(exceptions.UpstreamUnavailable("compute"))
    service.answer(None)
    wait_until_settled()
    breaker.check()
    assert open_circuits() == 0


@pytest.mark.parametrize(
    "problem",
    [None, exceptions.UpstreamTimeout("identity"), exceptions.Unauthorized()],
    ids=["answers", "another service is down", "refuses the gateway"],
)
def test_callers_that_provoke_failures(
    breaker: CircuitBreaker, service: Service, problem: exceptions.KicVmError | None
) -> None:
    """However many requests fail, a service that answers the gateway's question is used."""
    for _time in range(2):
        fail(breaker)
        service.answer(problem)
        wait_until_settled()
        breaker.check()


def test_answers_between(breaker: CircuitBreaker) -> None:
    """Failures with an answer between them are no run."""
    for _time in range(5):
        fail(breaker, FAILURES - 1)
        breaker.note_answer()
    assert settled()


def test_one_question_at_a_time(breaker: CircuitBreaker, service: Service) -> None:
    """Many failures make one question."""
    fail(breaker, 10 * FAILURES)
    service.answer(None)
    wait_until_settled()
    assert not service.asked.acquire(blocking=False)


def test_turned_off(service: Service) -> None:
    """[service_user] circuit_failures = 0."""
    breaker = CircuitBreaker("compute", 0, 0.01)
    breaker.probe = service.ask
    fail(breaker, 100)
    assert settled()


class TestStop:
    """The process goes on without the breaker, after a reload."""

    def test_down(self, breaker: CircuitBreaker, service: Service) -> None:
        """The probes end, also one that is in progress, and the service no longer counts as down.

        The metric belongs to the next breaker, which may be open.
        """
        fail(breaker)
        service.answer(exceptions.UpstreamTimeout("compute"))
        assert service.asked.acquire(timeout=SECONDS)
        assert open_circuits() == 1
        breaker.stop()
        assert open_circuits() == 0
        breaker.check()
        metrics.show_circuit("compute", is_open=True)
        service.may_answer.release()
        wait_until_settled()
        assert open_circuits() == 1
        metrics.show_circuit("compute", is_open=False)

    def test_pause(self, service: Service) -> None:
        """It does not wait for the next probe."""
        breaker = CircuitBreaker("compute", FAILURES, 3600)
        breaker.probe = service.ask
        fail(breaker)
        service.answer(exceptions.UpstreamTimeout("compute"))
        while open_circuits() == 0:
            threading.Event().wait(0.01)
        breaker.stop()
        wait_until_settled()

    def test_failures_of_the_last_calls(self, breaker: CircuitBreaker) -> None:
        """Calls that end later start no probe."""
        breaker.stop()
        fail(breaker)
        assert settled()
