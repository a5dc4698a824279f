# SPDX-License-Identifier: Apache-2.0
"""Rebuild: write an image to an instance's root volume and keep everything else."""

from functools import partial

from kic_vm.adapters import compute
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.mappings import instance_changes as mapping
from kic_vm.mappings.instance_changes import RebuiltInstanceView
from kic_vm.operations import earlier_attempts
from kic_vm.operations.images.images import get_bootable_image
from kic_vm.operations.instances.states import check, state_conflicts_reported
from kic_vm.operations.keypairs import copies
from kic_vm.operations.ownership import get_own_server
from kic_vm.operations.request import RequestServices
from kic_vm.resources.compute import RebuildRequest
from kic_vm.schemas.instance_actions import RebuildInstanceBody


def rebuild_instance(
    services: RequestServices, instance_id: str, request: RebuildInstanceBody
) -> RebuiltInstanceView:
    """Start a rebuild. 3 upstream calls, the first two side by side.

    :param request: RebuildInstanceSchema, loaded; without ``key_name`` the keypair stays
    :raises InvalidRequest: the image or the keypair does not exist or does not fit
    :raises InvalidState: the documented state does not allow a rebuild; names the allowed commands
    """
    is_begun = earlier_attempts.is_action_begun(services, instance_id, {"rebuild"})
    server, image = gather_reads(
        partial(get_own_server, services, instance_id, compute.SERVER),
        partial(get_bootable_image, services, str(request["image_id"])),
    )
    if is_begun:
        return mapping.rebuilt_instance_from_server(server, server, services.app_state.translation)
    check(services, server, "rebuild")
    changes: RebuildRequest = {"imageRef": image["id"]}
    if "key_name" in request:
        name = request["key_name"]
        changes["key_name"] = name and copies.usable_name(services, "key_name", name)
    with state_conflicts_reported(services, instance_id, "rebuild"):
        rebuilt = services.openstack.compute.rebuild_server(instance_id, changes)
    return mapping.rebuilt_instance_from_server(rebuilt, server, services.app_state.translation)
