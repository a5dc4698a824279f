"""The gateway's own login at Keystone; when it fails, it is Keystone that is named."""

from typing import Any

from keystoneauth1 import session as ksa_session
from keystoneauth1.access import AccessInfo
from keystoneauth1.identity.base import BaseIdentityPlugin

from kic_vm import exceptions
from kic_vm.adapters import errors, token_documents
from kic_vm.adapters.upstream import calling


class OwnLogin(BaseIdentityPlugin):
    """Logs in as the plugin of the configuration does.

    Whatever goes wrong is raised as an error that names the identity service, also where the login
    is a part of a call to another service.

    :param plugin: the one of the configuration
    """

    def __init__(self, plugin: BaseIdentityPlugin) -> None:
        super().__init__(auth_url=plugin.auth_url, reauthenticate=plugin.reauthenticate)
        self._plugin = plugin

    def get_auth_ref(self, session: ksa_session.Session) -> AccessInfo:
        """See BaseIdentityPlugin.

        :raises UpstreamError: Keystone refuses, cannot be reached, or answers with no token
        """
        try:
            with calling("identity", fails_at_once=True):
                access = self._plugin.get_auth_ref(session)
        except exceptions.KicVmError:
            raise
        except Exception as error:  # a library reads the answer, and raises what it likes
            raise errors.from_keystone(error) from error
        if not access.auth_token or not token_documents.is_whole(access):
            raise errors.from_keystone(ValueError("the answer to a login describes no token"))
        return access

    def get_cache_id_elements(self) -> dict[str, Any]:
        """See BaseIdentityPlugin."""
        return self._plugin.get_cache_id_elements()
