# SPDX-License-Identifier: Apache-2.0
"""The life of a server in Nova, played: its actions as Nova records them, and its true states."""

import dataclasses
import datetime
import random

from kic_vm.history.records import Action, Flavor, Server

START = datetime.datetime(2026, 10, 1, 12, 0, tzinfo=datetime.UTC)
SMALL = Flavor("small-id", "small")

# State -> action -> the state during it, the state after it, the states after its failure.
ACTIONS = {
    "Active": {
        "stop": ("Powering-off", "Stopped", ["Active"]),
        "reboot": ("Rebooting", "Active", ["Error"]),
        "rebuild": ("Rebooting_hard", "Active", ["Error"]),
        "resize": ("Resize_prep", "Resized", ["Active", "Error"]),
        "pause": ("Powering-off", "Paused", ["Active"]),
        "suspend": ("Powering-off", "Suspended", ["Active", "Error"]),
        "rescue": ("Rebooting_hard", "Rescued", ["Error"]),
        "shelve": ("Shelving", "Shelved_offloaded", ["Active"]),
        "delete": ("Deleting", "gone", []),
    },
    "Stopped": {
        "start": ("Powering-on", "Active", ["Stopped", "Error"]),
        "reboot": ("Rebooting_hard", "Active", ["Error"]),
        "rebuild": ("Rebooting_hard", "Stopped", ["Error"]),
        "resize": ("Resize_prep", "Resized", ["Stopped", "Error"]),
        "shelve": ("Shelving", "Shelved_offloaded", ["Stopped"]),
        "delete": ("Deleting", "gone", []),
    },
    "Paused": {"unpause": ("Powering-on", "Active", ["Paused"])},
    "Suspended": {"resume": ("Powering-on", "Active", ["Suspended"])},
    "Rescued": {"unrescue": ("Rebooting_hard", "Active", ["Error"])},
    "Resized": {
        "confirmResize": ("Resize_confirm", "resized from", ["Error"]),
        "revertResize": ("Resize_revert", "resized from", ["Error"]),
    },
    "Shelved_offloaded": {
        "unshelve": ("Unshelving", "Active", ["Shelved_offloaded"]),
        "delete": ("Deleting", "gone", []),
    },
    "Error": {
        "reboot": ("Rebooting_hard", "Active", ["Error"]),
        "rebuild": ("Rebooting_hard", "Active", ["Error"]),
        "delete": ("Deleting", "gone", []),
    },
}
DOCUMENTED = {"Paused": "Stopped", "Suspended": "Stopped", "Rescued": "Active"}


def second(number: float) -> datetime.datetime:
    """A time in the played life."""
    return START + datetime.timedelta(seconds=number)


@dataclasses.dataclass
class Life:
    """What was played."""

    server: Server
    actions: list[Action]
    truth: list[tuple[datetime.datetime, str]]
    """The documented states with the times of their beginnings."""
    now: datetime.datetime

    def true_state(self, moment: datetime.datetime) -> str:
        """The documented state at a time."""
        return [state for at, state in self.truth if at <= moment][-1]


def server(**changes: object) -> Server:
    """A server that runs since ten seconds after START."""
    usual = Server(
        id="s",
        name="web",
        created_at=second(1),
        updated_at=second(10),
        ended_at=None,
        state="Active",
        is_volume_backed=True,
        was_launched=True,
        flavor=SMALL,
    )
    return dataclasses.replace(usual, **changes)  # type: ignore[arg-type]


def action(name: str, start: float, end: float, **changes: object) -> Action:
    """An action between two seconds."""
    usual = Action(name, f"req-{name}-{start}", "user", second(start), second(end), False)
    return dataclasses.replace(usual, **changes)  # type: ignore[arg-type]


def play(seed: int, steps: int = 40, failures: float = 0.2) -> Life:
    """A random life; it can end before its steps."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    clock = chance.randint(2, 20)
    actions = [action("create", 0, clock)]
    truth = [(second(0), "Building"), (second(clock), "Active")]
    state, resized_from, changed = "Active", "Active", clock
    for _step in range(steps):
        if state == "gone":
            break
        name, (during, after, failed) = chance.choice(list(ACTIONS[state].items()))
        start = clock + chance.randint(1, 3600)
        clock = start + chance.randint(1, 30)
        is_failed = bool(failed) and chance.random() < failures
        if name == "resize":
            resized_from = state
        target = chance.choice(failed) if is_failed else after
        state = resized_from if target == "resized from" else target
        truth += [(second(start), during), (second(clock), DOCUMENTED.get(state, state))]
        actions.append(action(name, start, clock, is_failed=is_failed))
        changed = clock
    is_gone = state == "gone"
    shown = server(
        state=None if is_gone else DOCUMENTED.get(state, state),
        updated_at=second(changed),
        ended_at=second(changed) if is_gone else None,
    )
    return Life(shown, actions, truth, second(clock + 500))
