# SPDX-License-Identifier: Apache-2.0
"""Neutron as the member sees it."""

from collections.abc import Callable, Iterator
from typing import Any

import openstack
import pytest

from tests.functional.security_groups.group_requests import PREFIX

Cloud = Callable[[str], openstack.connection.Connection]


@pytest.fixture
def network(cloud: Cloud) -> Iterator[Any]:
    """Neutron as the member sees it; the test's groups are removed after it."""
    found = cloud("kic-member").network
    yield found
    for group in found.security_groups(project_id=cloud("kic-member").current_project_id):
        if group.name.startswith(PREFIX):
            found.delete_security_group(group)
