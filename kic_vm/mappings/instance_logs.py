# SPDX-License-Identifier: Apache-2.0
"""Nova instance action -> action log of the contract."""

from typing import Final, TypedDict

from kic_vm.mappings.times import utc
from kic_vm.resources.compute import InstanceAction

# Nova's action (nova.compute.instance_actions) -> the contract's. The contract's actions are
# commands of the API, events in KakaoCloud's documents, or actions of operators.
_ACTIONS: Final = {
    "create": "create",
    "delete": "delete",
    "restore": "restore",
    "start": "start",
    "stop": "stop",
    "reboot": "reboot",
    "rebuild": "rebuild",
    "resize": "resize",
    "confirmResize": "confirm-resize",
    "revertResize": "revert-resize",
    "shelve": "shelve",
    "shelveOffload": "shelve",
    "unshelve": "unshelve",
    "attach_volume": "attach-volume",
    "detach_volume": "detach-volume",
    "swap_volume": "swap-volume",
    "extend_volume": "extend-volume",
    "refresh_volume_attachment": "refresh-volume",
    "attach_interface": "attach-network-interface",
    "detach_interface": "detach-network-interface",
    "attach_share": "attach-share",
    "detach_share": "detach-share",
    "createImage": "create-image",
    "createBackup": "create-image",
    "changePassword": "change-password",
    "resetState": "reset-state",
    "migrate": "migrate",
    "live-migration": "migrate",
    "live_migration_cancel": "cancel-migration",
    "live_migration_force_complete": "complete-migration",
    "evacuate": "evacuate",
    "trigger_crash_dump": "crash-dump",
    "pause": "pause",
    "unpause": "unpause",
    "suspend": "suspend",
    "resume": "resume",
    "rescue": "rescue",
    "unrescue": "unrescue",
    "lock": "lock",
    "unlock": "unlock",
}


def action_name(action: str) -> str:
    """The contract's name for an action of Nova's; ``other`` for an unknown one."""
    return _ACTIONS.get(action, "other")


class InstanceActionView(TypedDict):
    """An action on an instance; see InstanceActionSchema."""

    action: str
    request_id: str
    user_id: str
    start_time: str | None
    message: str | None
    updated_at: str | None


def action_from_action(action: InstanceAction) -> InstanceActionView:
    """The contract's action log. About a failure, Nova only says that it happened."""
    name = action_name(action["action"])
    return {
        "action": name,
        "request_id": action["request_id"],
        "user_id": action["user_id"],
        "start_time": utc(action["start_time"]),
        "message": f"The command {name} failed." if action["message"] else None,
        "updated_at": utc(action["updated_at"]),
    }
