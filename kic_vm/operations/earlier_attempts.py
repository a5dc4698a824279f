"""What earlier attempts at a request with an Idempotency-Key did, as OpenStack shows it.

doc/source/idempotency.rst has the table of what each POST is found by. An operation looks before it
writes; the adapters refuse the write where it did not look (IdempotentRequest.check_write).
"""

from collections.abc import Callable, Collection
from typing import Any, NoReturn

from kic_vm import exceptions
from kic_vm.idempotent_request import IdempotentRequest
from kic_vm.mappings import request_marks
from kic_vm.operations.request import RequestServices

JSON = dict[str, Any]

_NOTED_ACTION = "last_action"


def find_made(
    services: RequestServices, list_made: Callable[[IdempotentRequest], list[JSON]]
) -> list[JSON]:
    """What the request has made before. No call without a key.

    It is looked for with every key: the store may have lost that there was an earlier attempt.

    :param list_made: finds by the marks of the request
    """
    request = services.context.idempotent_request
    if request is None:
        return []
    made = list_made(request)
    request.is_resolved = True  # what is missing of it may be made now
    return made


def find_described(
    services: RequestServices, description: str, list_described: Callable[[str], list[JSON]]
) -> JSON | None:
    """The Neutron resource that the request has made before.

    :param description: that of the resource, with the mark of the request
    """
    made = find_made(services, lambda _request: list_described(description))
    return made[0] if made else None


def find_in_metadata(
    services: RequestServices, list_marked: Callable[[dict[str, str]], list[JSON]]
) -> JSON | None:
    """The volume or snapshot that the request has made before, unless it is being deleted.

    :raises IdempotencyKeyReused: the key came with another request
    """

    def list_made(request: IdempotentRequest) -> list[JSON]:
        made = [
            resource
            for resource in list_marked(request_marks.key_metadata(request))
            if resource["status"] != "deleting"
        ]
        request_marks.check_request(made, request)
        return made

    made = find_made(services, list_made)
    return made[0] if made else None


def is_repeated(services: RequestServices) -> bool:
    """Whether there was an earlier attempt, so that what is there already may be what it made.

    For what is known by itself, such as a rule or an attachment: nobody can make it twice.
    """
    request = services.context.idempotent_request
    return request is not None and request.is_repeated


def note_absence(services: RequestServices) -> None:
    """Note that what the request asks for is not there, so that it may be made."""
    request = services.context.idempotent_request
    if request is not None:
        request.is_resolved = True


def refuse_to_tell_again(services: RequestServices) -> NoReturn:
    """Say that an earlier attempt did this, and that the secret of its answer is kept nowhere.

    :raises IdempotencyAnswerWithheld: always
    """
    request = services.context.idempotent_request
    if request is not None:
        request.is_told_once = True
    raise exceptions.IdempotencyAnswerWithheld


def is_action_begun(services: RequestServices, instance_id: str, names: Collection[str]) -> bool:
    """Whether an earlier attempt has begun a server action. One upstream call, with a key only.

    The first attempt notes which action was the server's last one. Nova writes an action down
    before it begins, so the caller's next one of this name is the attempt's.

    :param names: Nova's names for the action in the list of instance actions
    """
    request = services.context.idempotent_request
    if request is None:
        return False
    actions = services.openstack.compute.list_actions(instance_id)
    last = actions[0]["request_id"] if actions else None
    if not request.is_repeated or _NOTED_ACTION not in request.notes:
        # An earlier attempt without a note has not got as far as to begin the action.
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
