"""Where the observations of a follower come from."""

from collections.abc import Iterable

from kic_vm.history.observations import Observation
from kic_vm.operations.request import RequestServices


def observations_of(
    services: RequestServices,  # noqa: ARG001 - a follower's stream is read with it
    project_id: str,  # noqa: ARG001
) -> Iterable[Observation]:
    """What was seen of the instances of a project; without a follower, nothing."""
    return ()
