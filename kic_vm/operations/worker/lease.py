"""Jobs of the worker that are worth doing now and then only, by one worker of several."""

from kic_vm.operations.request import Scope


def take(scope: Scope, job: str, interval: float) -> bool:
    """Whether a job is this worker's now: nobody has taken it within ``interval`` seconds."""
    return scope.platform.cache.add(f"worker:{job}", b"taken", interval)
