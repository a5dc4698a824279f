# SPDX-License-Identifier: Apache-2.0
"""The gateway's own login to Keystone; its errors name Keystone."""

import contextlib
import threading
from typing import Any, Final

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
        self._login = threading.Lock()

    def get_access(self, session: ksa_session.Session, **kwargs: Any) -> AccessInfo:
        """See BaseIdentityPlugin; one thread at a time logs in.

        The other threads meanwhile use the token that is about to expire. If the login fails, all
        threads use it.
        """
        known = self.auth_ref
        if known is not None and not (
            self.reauthenticate and known.will_expire_soon(self.MIN_TOKEN_LIFE_SECONDS)
        ):
            return known
        is_usable = known is not None and not known.will_expire_soon(_LAST_SECONDS)
        try:
            with waiting("login", "identity"), self._entered():
                return self._log_in(session, 0 if is_usable else deadline.seconds_left())
        except exceptions.UpstreamError:
            if known is not None and is_usable:
                return known
            raise

    def _entered(self) -> contextlib.AbstractContextManager[None]:
        """Count a wait for the login as a wait for Keystone."""
        call = current_call()
        is_question = call is not None and call.service == "identity" and not call.is_guarded
        return contextlib.nullcontext() if is_question else self._guard.entered()

    def _log_in(self, session: ksa_session.Session, patience: float) -> AccessInfo:
        if not self._login.acquire(timeout=min(patience, threading.TIMEOUT_MAX)):
            raise exceptions.UpstreamTimeout("identity")
        try:
            return super().get_access(session)
        finally:
            self._login.release()

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
