# SPDX-License-Identifier: Apache-2.0
"""A cheap probe of each OpenStack service, with the gateway's own token.

Each probe reaches the service's database: a process that only listens does not count as up.
"""

import dataclasses
from functools import partial
from typing import Final

import openstack.exceptions
import orjson
import requests
from keystoneauth1 import exceptions as ksa_exceptions

from kic_vm import deadline, exceptions
from kic_vm.adapters import errors, token_documents, unreadable
from kic_vm.adapters.cloud import Cloud
from kic_vm.adapters.http.current_call import calling


@dataclasses.dataclass(frozen=True, slots=True)
class Question:
    """A probe of a service."""

    service: str
    """The service's type in the service catalog."""
    path: str
    key: str
    """The name of the list in its answer."""


QUESTIONS: Final = {
    "nova": Question("compute", "/flavors?limit=1", "flavors"),
    "cinder": Question("block-storage", "/types?limit=1", "volume_types"),
    "glance": Question("image", "/images?limit=1", "images"),
    "neutron": Question("network", "/networks?limit=1&fields=id", "networks"),
}
_SECONDS: Final = 5.0
"""The time limit of an answer."""


def ask_keystone(cloud: Cloud) -> None:
    """Check that Keystone validates the gateway's own token.

    :raises KicVmError: it does not
    """
    with deadline.within(_SECONDS), calling("identity", is_guarded=False):
        try:
            token = cloud.service_auth.get_token(cloud.session)
            response = cloud.session.get(
                f"{cloud.identity_url}/auth/tokens?nocatalog",
                headers={"X-Subject-Token": token or ""},
                raise_exc=False,
            )
        except ksa_exceptions.ClientException as error:
            raise errors.from_keystone(error) from error
    if response.status_code != 200:
        raise exceptions.UpstreamUnavailable("identity")
    if not token_documents.is_token(_document(response)):
        raise errors.not_understood("identity")


def ask(cloud: Cloud, project: str) -> None:
    """Check that the service of an OpenStack project answers its probe.

    :raises KicVmError: it does not, or the gateway cannot log in; the error names the service
    """
    question = QUESTIONS[project]
    with deadline.within(_SECONDS), calling(question.service, is_guarded=False):
        try:
            with unreadable.reported(question.service):
                response = cloud.adapter(question.service).get(question.path, raise_exc=False)
        except (ksa_exceptions.ClientException, openstack.exceptions.SDKException) as error:
            raise errors.from_exception(question.service, error) from error
    if response.status_code != 200:
        raise errors.from_response(question.service, response)
    body = _document(response)
    if not isinstance(body, dict) or not isinstance(body.get(question.key), list):
        raise errors.not_understood(question.service)


def attach(cloud: Cloud) -> None:
    """Set the probe of each service's circuit breaker."""
    for project, question in QUESTIONS.items():
        cloud.guards[question.service].breaker.probe = partial(ask, cloud, project)
    cloud.guards["identity"].breaker.probe = partial(ask_keystone, cloud)


def _document(response: requests.Response) -> object:
    try:
        return orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return None
