# SPDX-License-Identifier: Apache-2.0
"""keystonemiddleware's auth_token, for a Keystone that may fail or answer nonsense."""

from typing import Any, TypeGuard

from keystoneauth1 import exceptions as ksa_exceptions
from keystoneauth1 import session as ksa_session
from keystoneauth1.identity.base import BaseIdentityPlugin
from keystonemiddleware import auth_token

from kic_vm import exceptions
from kic_vm.adapters import errors, token_documents
from kic_vm.adapters.cloud import Cloud
from kic_vm.adapters.http.current_call import calling
from kic_vm.adapters.own_login import OwnLogin
from kic_vm.tracing.request_trace import waiting


class TokenValidation(auth_token.AuthProtocol):
    """auth_token that sends its requests by the gateway's HTTP session and checks the answers.

    :param cloud: it has the HTTP session of the process, and the guard of Keystone
    """

    def __init__(self, application: Any, options: dict[str, Any], cloud: Cloud) -> None:
        self._cloud = cloud
        super().__init__(application, options)

    def _create_session(self, **kwargs: Any) -> ksa_session.Session:
        session: ksa_session.Session = super()._create_session(session=self._cloud.http, **kwargs)
        return session

    def _create_auth_plugin(self) -> Any:
        plugin = super()._create_auth_plugin()
        if not isinstance(plugin, BaseIdentityPlugin):
            return plugin
        return OwnLogin(plugin, self._cloud.guards["identity"])

    def _create_identity_server(self) -> Any:
        return _CheckedKeystone(super()._create_identity_server())


def _is_foreign(error: BaseException | None) -> TypeGuard[ksa_exceptions.NotFound]:
    """Whether an error is a 404 that is not Keystone's own, so it says nothing about a token."""
    return (
        isinstance(error, ksa_exceptions.NotFound)
        and error.response is not None
        and errors.message_of_absence("identity", error.response) is None
    )


class _CheckedKeystone:
    """auth_token's Keystone; what it says about a token is checked before it is cached."""

    def __init__(self, keystone: Any) -> None:
        self._keystone = keystone

    @property
    def www_authenticate_uri(self) -> str:
        """Where Keystone is, for clients."""
        try:
            return str(self._keystone.www_authenticate_uri)
        except Exception as error:
            raise errors.from_keystone(error) from error

    def verify_token(self, user_token: str, **kwargs: Any) -> Any:
        """The data of a token.

        :raises InvalidToken: it is not valid
        :raises UpstreamError: Keystone does not say whether it is
        """
        try:
            with waiting("token validation", "identity"), calling("identity"):
                found = self._keystone.verify_token(user_token, **kwargs)
        except exceptions.KicVmError:
            raise
        except auth_token.InvalidToken as error:
            cause = error.__context__
            if _is_foreign(cause):
                raise errors.from_keystone(cause) from error
            raise
        except Exception as error:  # a library reads the answer, and raises what it likes
            if isinstance(error, ksa_exceptions.EndpointNotFound):
                self._keystone.invalidate()
            raise errors.from_keystone(error) from error
        if not token_documents.is_token(found):
            raise errors.from_keystone(ValueError("the answer about a token describes no token"))
        return found
