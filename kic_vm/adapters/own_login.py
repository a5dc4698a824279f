# SPDX-License-Identifier: Apache-2.0
"""The gateway's own login to Keystone; its errors name Keystone."""

import contextlib
import threading
from typing import Any, Final, NoReturn

from keystoneauth1 import session as ksa_session
from keystoneauth1.access import AccessInfo
from keystoneauth1.identity.base import BaseIdentityPlugin

from kic_vm import deadline, exceptions
from kic_vm.adapters import errors, token_documents
from kic_vm.adapters.http.current_call import calling, current_call
from kic_vm.adapters.http.guards import Guard
from kic_vm.tracing.request_trace import waiting

_LAST_SECONDS: Final = 5
"""Seconds before its expiry from which on a token is no longer used."""


class Attempt:
    """A login in progress, for which other threads wait."""

    def __init__(self) -> None:
        self.access: AccessInfo | None = None
        self.failure: exceptions.UpstreamError | None = None
        """Set if the login failed for all that wait for it."""
        self._is_over = threading.Event()

    def finish(self) -> None:
        """Wake the threads that wait."""
        self._is_over.set()

    def wait(self, seconds: float) -> bool:
        """Wait for the end of the login; whether it came in time."""
        return self._is_over.wait(min(seconds, threading.TIMEOUT_MAX))


class OwnLogin(BaseIdentityPlugin):
    """Logs in with the plugin of the configuration.

    All its errors name the identity service, even if the login is part of a call to another
    service.

    :param plugin: the plugin of the configuration
    :param guard: the guard of the identity service
    """

    def __init__(self, plugin: BaseIdentityPlugin, guard: Guard) -> None:
        super().__init__(auth_url=plugin.auth_url, reauthenticate=plugin.reauthenticate)
        self._plugin = plugin
        self._guard = guard
        self._attempt: Attempt | None = None
        self._attempt_lock = threading.Lock()

    def get_access(self, session: ksa_session.Session, **kwargs: Any) -> AccessInfo:
        """See BaseIdentityPlugin; one thread at a time logs in.

        The other threads meanwhile use the token that is about to expire. If the login fails, all
        threads use it. Without a usable token, the other threads wait, and share the result.
        """
        known = self.auth_ref
        if known is not None and not (
            self.reauthenticate and known.will_expire_soon(self.MIN_TOKEN_LIFE_SECONDS)
        ):
            return known
        is_usable = known is not None and not known.will_expire_soon(_LAST_SECONDS)
        try:
            with waiting("login", "identity"), self._entered():
                return self._log_in(session, is_patient=not is_usable)
        except exceptions.UpstreamError:
            if known is not None and is_usable:
                return known
            raise

    def _entered(self) -> contextlib.AbstractContextManager[None]:
        """Count a wait for the login as a wait for Keystone."""
        call = current_call()
        is_question = call is not None and call.service == "identity" and not call.is_guarded
        return contextlib.nullcontext() if is_question else self._guard.entered()

    def _log_in(self, session: ksa_session.Session, *, is_patient: bool) -> AccessInfo:
        while True:
            attempt, is_new = self._join()
            if is_new:
                return self._lead(attempt, session)
            if not attempt.wait(deadline.seconds_left() if is_patient else 0):
                raise exceptions.UpstreamTimeout("identity")
            if attempt.failure is not None:
                self._fail_with(attempt.failure)
            if attempt.access is not None:
                return attempt.access

    def _join(self) -> tuple[Attempt, bool]:
        """The login in progress, and whether it is a new one, which this thread makes."""
        with self._attempt_lock:
            is_new = self._attempt is None
            attempt = self._attempt = self._attempt or Attempt()
        return attempt, is_new

    def _lead(self, attempt: Attempt, session: ksa_session.Session) -> AccessInfo:
        """Log in for all threads that wait for the attempt."""
        try:
            attempt.access = super().get_access(session)
        except exceptions.UpstreamError as error:
            if deadline.seconds_left() > 0:  # otherwise, others may have time for another attempt
                attempt.failure = _copy(error)
            raise
        finally:
            with self._attempt_lock:
                self._attempt = None
            attempt.finish()
        return attempt.access

    def _fail_with(self, failure: exceptions.UpstreamError) -> NoReturn:
        """Fail as the thread that has logged in, and count the failure in the circuit breaker."""
        if isinstance(failure, exceptions.UpstreamTimeout):
            self._guard.breaker.note_failure()
        raise _copy(failure)

    def get_auth_ref(self, session: ksa_session.Session) -> AccessInfo:
        """See BaseIdentityPlugin.

        :raises UpstreamError: Keystone refuses, cannot be reached, or answers without a token
        """
        try:
            with calling("identity", fails_at_once=True):
                access = self._plugin.get_auth_ref(session)
        except exceptions.KicVmError:
            raise
        except Exception as error:  # libraries read the answer, and raise errors of any kind
            raise errors.from_keystone(error) from error
        if not token_documents.is_id(access.auth_token) or not token_documents.is_whole(access):
            raise errors.from_keystone(ValueError("the answer to a login describes no token"))
        return access

    def get_cache_id_elements(self) -> dict[str, Any]:
        """See BaseIdentityPlugin."""
        return self._plugin.get_cache_id_elements()


def _copy(failure: exceptions.UpstreamError) -> exceptions.UpstreamError:
    """The same failure for another thread, without the frames of this one."""
    copied = type(failure)("identity", failure.message)
    copied.retry_after = failure.retry_after
    return copied
