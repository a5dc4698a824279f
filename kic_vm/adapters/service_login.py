# SPDX-License-Identifier: Apache-2.0
"""A new login of the gateway's own user, and what Keystone returns about the user."""

import dataclasses
import datetime

from keystoneauth1 import exceptions as ksa_exceptions
from oslo_config import cfg

from kic_vm import exceptions
from kic_vm.adapters import errors, token_documents
from kic_vm.adapters.cloud import Cloud
from kic_vm.adapters.http.current_call import calling
from kic_vm.conf import logins


@dataclasses.dataclass(frozen=True, slots=True)
class ServiceLogin:
    """The gateway's own user, as Keystone returns it."""

    user_id: str
    project_id: str
    roles: frozenset[str]
    service_types: frozenset[str]
    """The service types in the service catalog."""
    issued: datetime.datetime


def log_in(cloud: Cloud, conf: cfg.ConfigOpts, group: str) -> ServiceLogin:
    """Log in again with the credentials of an option group.

    :raises KicVmError: Keystone refused, or cannot be reached
    """
    plugin = logins.load(conf, group)
    try:
        with calling("identity"):
            access = plugin.get_access(cloud.session)
    except exceptions.KicVmError:
        raise
    except ksa_exceptions.Unauthorized as error:
        raise exceptions.Unauthorized("Keystone refuses the credentials.") from error
    except Exception as error:  # libraries read the answer, and raise errors of any kind
        raise errors.from_keystone(error) from error
    if not token_documents.is_whole(access):
        raise errors.from_keystone(ValueError("the answer to a login describes no token"))
    if not access.project_id or not access.user_id or not access.issued:
        raise exceptions.ProjectScopeRequired("The token is not for a project.")
    return ServiceLogin(
        access.user_id,
        access.project_id,
        frozenset(access.role_names or ()),
        frozenset(service["type"] for service in access.service_catalog.catalog),
        access.issued,
    )
