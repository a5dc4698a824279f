# SPDX-License-Identifier: Apache-2.0
"""Results of earlier attempts at a request with an Idempotency-Key, read from OpenStack.

The page user/idempotency has a table that says how each POST recognizes its results. An operation
looks for them before it writes; otherwise the adapters refuse the write
(IdempotentRequest.check_write).
"""

import contextlib
from collections.abc import Callable, Collection, Mapping
from typing import Any, NoReturn, TypeVar

from kic_vm import exceptions
from kic_vm.idempotent_request import IdempotentRequest
from kic_vm.mappings import request_marks
from kic_vm.operations.request import RequestServices
from kic_vm.resources.block_storage import Snapshot, Volume
from kic_vm.resources.network import Described

# A resource that an earlier attempt created.
Item = TypeVar("Item", bound=Mapping[str, Any])
Marked = TypeVar("Marked", Volume, Snapshot)

_NOTED_ACTION = "last_action"
_NOTED_START = "is_started"


def find_made(
    services: RequestServices, list_made: Callable[[IdempotentRequest], list[Item]]
) -> list[Item]:
    """The resources that an earlier attempt created. No call without an Idempotency-Key.

    Every request with a key looks for them: the store may have lost the record of an earlier
    attempt.

    :param list_made: lists the resources that carry the marks of the request
    """
    request = services.context.idempotent_request
    if request is None:
        return []
    resources = list_made(request)
    request.is_resolved = True  # from now on the request may create what is missing
    request.has_found = bool(resources)
    return resources


def find_described(
    services: RequestServices, description: str, list_described: Callable[[str], list[Item]]
) -> Item | None:
    """The Neutron resource that an earlier attempt created, if clients cannot describe it.

    :param description: the resource's description, with the mark of the request
    """
    resources = find_made(services, lambda _request: list_described(description))
    return resources[0] if resources else None


def find_marked(
    services: RequestServices,
    list_descriptions: Callable[[], list[Described]],
    get: Callable[[str], Item],
) -> Item | None:
    """The Neutron resource that an earlier attempt created, whose description may have changed.

    One upstream call, only with an Idempotency-Key; one more if the resource exists.

    :raises IdempotencyKeyReused: the key was used for a different request
    """

    def list_made(request: IdempotentRequest) -> list[Item]:
        resource_id = request_marks.made_by(list_descriptions(), request)
        if resource_id is not None:
            with contextlib.suppress(exceptions.NotFound):  # deleted since it was listed
                return [get(resource_id)]
        return []

    resources = find_made(services, list_made)
    return resources[0] if resources else None


def find_in_metadata(
    services: RequestServices, list_marked: Callable[[dict[str, str]], list[Marked]]
) -> Marked | None:
    """The volume or snapshot that an earlier attempt created, unless it is being deleted.

    :raises IdempotencyKeyReused: the key was used for a different request
    """

    def list_made(request: IdempotentRequest) -> list[Marked]:
        resources = [
            resource
            for resource in list_marked(request_marks.key_metadata(request))
            if resource["status"] != "deleting"
        ]
        request_marks.check_request(resources, request)
        return resources

    resources = find_made(services, list_made)
    return resources[0] if resources else None


def is_repeated(services: RequestServices) -> bool:
    """Whether there was an earlier attempt, which may have created the existing resource.

    For resources that identify themselves, such as a rule or an attachment: they cannot exist
    twice.
    """
    request = services.context.idempotent_request
    return request is not None and request.is_repeated


def note_absence(services: RequestServices) -> None:
    """Note that the requested resource does not exist, so that the request may create it."""
    request = services.context.idempotent_request
    if request is not None:
        request.is_resolved = True


def note_removal(services: RequestServices) -> None:
    """Note that nothing is left of what earlier attempts created."""
    request = services.context.idempotent_request
    if request is not None:
        request.has_found = False


def is_found(services: RequestServices) -> bool:
    """Whether the request has found a resource that an earlier attempt created."""
    request = services.context.idempotent_request
    return request is not None and request.has_found


def note_start(services: RequestServices) -> None:
    """Note that the request begins to create a resource that cannot have a mark."""
    request = services.context.idempotent_request
    if request is not None and request.save_notes is not None:
        request.notes[_NOTED_START] = True
        request.save_notes(request.notes)


def has_started(services: RequestServices) -> bool:
    """Whether an earlier attempt began to create a resource that cannot have a mark."""
    request = services.context.idempotent_request
    return request is not None and request.is_repeated and _NOTED_START in request.notes


def refuse_withheld_answer(services: RequestServices) -> NoReturn:
    """Refuse a retry whose earlier attempt returned a secret, which is not stored anywhere.

    :raises IdempotencyAnswerWithheld: always
    """
    request = services.context.idempotent_request
    if request is not None:
        request.is_answer_withheld = True
    raise exceptions.IdempotencyAnswerWithheld


def is_action_begun(services: RequestServices, instance_id: str, names: Collection[str]) -> bool:
    """Whether an earlier attempt has started a server action.

    One upstream call, only with an Idempotency-Key. The first attempt notes the server's latest
    action. Nova records an action before it starts, so the caller's next action with this name
    belongs to that attempt.

    :param names: Nova's names for the action in the list of instance actions
    """
    request = services.context.idempotent_request
    if request is None:
        return False
    actions = services.openstack.compute.list_actions(instance_id)
    last = actions[0]["request_id"] if actions else None
    if not request.is_repeated or _NOTED_ACTION not in request.notes:
        # An earlier attempt without a note did not get as far as starting the action.
        request.is_resolved = True
        if request.save_notes is not None:
            request.notes[_NOTED_ACTION] = last
            request.save_notes(request.notes)
        return False
    for entry in actions:
        if entry["request_id"] == request.notes[_NOTED_ACTION]:
            break
        if entry["action"] in names and entry["user_id"] == services.user_id:
            return True
    request.is_resolved = True
    return False
