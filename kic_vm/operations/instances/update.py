# SPDX-License-Identifier: Apache-2.0
"""Update of an instance's name and description."""

from kic_vm.mappings import instance_changes as mapping
from kic_vm.mappings.instance_changes import UpdatedInstanceView
from kic_vm.operations.changes import given_changes
from kic_vm.operations.instances import resize_confirmation
from kic_vm.operations.instances.states import get_server_for, state_conflicts_reported
from kic_vm.operations.request import RequestServices
from kic_vm.schemas.instance_changes import InstanceUpdateBody


def update_instance(
    services: RequestServices, instance_id: str, changes: InstanceUpdateBody
) -> UpdatedInstanceView:
    """Update an instance's name and description. 2 upstream calls.

    :param changes: ``name`` and ``description``; a null description clears it, a null or missing
        name stays
    :raises NotFound: the project has no such instance
    :raises InvalidState: the instance is being deleted, or its creation failed
    """
    command = "update"
    server_changes = given_changes("instance", changes)
    get_server_for(services, instance_id, command)
    with state_conflicts_reported(services, instance_id, command):
        server = services.openstack.compute.update_server(instance_id, server_changes)
    return mapping.updated_instance_from_server(
        server,
        services.app_state.translation,
        confirm_in_progress=resize_confirmation.is_under_way(services.app_state, server),
    )
