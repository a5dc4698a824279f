# SPDX-License-Identifier: Apache-2.0
"""The errors for commands that a resource's documented state does not allow."""

from typing import Any

from kic_vm import exceptions
from kic_vm.lifecycle.model import Row


def refusal(
    what: str, state: Row[Any], command: str, *, is_done: bool = False
) -> exceptions.KicVmError:
    """The error, with its reason and the allowed commands.

    :param what: the kind of resource, for the sentence
    :param is_done: whether the resource is already in the command's target state
    """
    allowed = ", ".join(state.allowed_actions) or "none"
    error: type[exceptions.KicVmError] = exceptions.InvalidState
    reason = f"{command} is not possible now"
    if is_done:
        error, reason = exceptions.AlreadyInState, f"{command} has nothing to do"
    causes = [limit.reason.en for limit in state.limits if command not in limit.allows]
    sentences = [f"The {what} is {state.state}: {reason}.", *causes]
    return error(
        f"{' '.join(sentences)} Possible commands: {allowed}.",
        state=state.state,
        allowed_actions=list(state.allowed_actions),
    )
