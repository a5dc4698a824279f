"""One cheap question to each OpenStack service, with the gateway's own token.

Each goes down to the service's database: a process that merely listens does not count as up.
"""

from typing import Final

import openstack.exceptions
from keystoneauth1 import exceptions as ksa_exceptions

from kic_vm import exceptions
from kic_vm.adapters import errors
from kic_vm.adapters.connection import Cloud

QUESTIONS: Final = {
    "nova": ("compute", "/flavors?limit=1"),
    "cinder": ("block-storage", "/types?limit=1"),
    "glance": ("image", "/images?limit=1"),
    "neutron": ("network", "/networks?limit=1&fields=id"),
}
TIMEOUT: Final = 5.0


def ask_keystone(cloud: Cloud) -> None:
    """Return when Keystone confirms the gateway's own token.

    :raises KicVmError: it does not
    """
    try:
        token = cloud.service_auth.get_token(cloud.session)
        response = cloud.session.get(
            f"{cloud.identity_url}/auth/tokens?nocatalog",
            headers={"X-Subject-Token": token or ""},
            timeout=TIMEOUT,
            raise_exc=False,
        )
    except ksa_exceptions.ClientException as error:
        raise errors.from_exception("identity", error) from error
    if response.status_code != 200:
        raise exceptions.UpstreamUnavailable("identity")


def ask(cloud: Cloud, project: str) -> None:
    """Return when the OpenStack project's service answers a question.

    :raises KicVmError: it does not
    """
    service, question = QUESTIONS[project]
    try:
        response = cloud.adapter(service).get(question, timeout=TIMEOUT, raise_exc=False)
    except (ksa_exceptions.ClientException, openstack.exceptions.SDKException) as error:
        raise errors.from_exception(service, error) from error
    if response.status_code != 200:
        raise errors.from_response(service, response)
