# SPDX-License-Identifier: Apache-2.0
"""The microversions that a service offers."""

import openstack.exceptions
from keystoneauth1 import discover
from keystoneauth1 import exceptions as ksa_exceptions

from kic_vm.adapters import errors, unreadable
from kic_vm.adapters.cloud import Cloud
from kic_vm.adapters.http.current_call import calling

Version = tuple[float, ...]  # whole numbers as floats, as in keystoneauth


def parse(microversion: str) -> Version:
    """A microversion as a tuple of numbers, which compares in version order."""
    found: Version = discover.normalize_version_number(microversion)
    return found


def newest(cloud: Cloud, service: str) -> Version | None:
    """The highest microversion that a service offers; None if it has no microversions.

    :param service: the service's type in the service catalog
    :raises KicVmError: the service cannot be reached
    """
    try:
        with calling(service), unreadable.reported(service):
            data = cloud.adapter(service).get_endpoint_data()
    except (ksa_exceptions.ClientException, openstack.exceptions.SDKException) as error:
        raise errors.from_exception(service, error) from error
    return data.max_microversion if data else None
