# SPDX-License-Identifier: Apache-2.0
"""Nova's instance actions and their events on the wire."""

from typing import Any, Final

from tests.unit.bodies import body
from tests.unit.cloud import Cloud

JSON = dict[str, Any]

# The events of actions whose end one of their events decides, in order.
EVENTS: Final = {
    "resize": ("cold_migrate", "compute_prep_resize", "compute_finish_resize"),
    "confirmResize": ("compute_confirm_resize",),
    "revertResize": ("compute_revert_resize", "compute_finish_revert_resize"),
    "shelve": ("compute_shelve_offload_instance",),
    "unshelve": ("schedule_instances", "compute_unshelve_instance"),
}


def answer_actions(cloud: Cloud, server_id: str, recorded: JSON | None = None) -> None:
    """Have Nova list a server's actions, and show the events of each; all of them have ended.

    :param recorded: the list, by default the recorded one
    """
    listed = recorded or body("instance_actions")
    path = f"/servers/{server_id}/os-instance-actions"
    cloud.answer("GET", "nova", path, listed)
    for action in listed["instanceActions"]:
        if action["action"] in EVENTS:
            answer_events(cloud, server_id, action)


def answer_events(cloud: Cloud, server_id: str, action: JSON, *, unended: str = "") -> None:
    """Have Nova show the events of an action.

    :param unended: the event that was interrupted; those after it have not begun
    """
    names = EVENTS[action["action"]]
    if unended:
        names = names[: names.index(unended) + 1]
    events = [
        {
            "event": name,
            "start_time": action["start_time"],
            "finish_time": None if name == unended else action["updated_at"],
        }
        for name in reversed(names)
    ]
    path = f"/servers/{server_id}/os-instance-actions/{action['request_id']}"
    cloud.answer("GET", "nova", path, {"instanceAction": action | {"events": events}})
