"""Jobs of the worker that are worth doing now and then only, by one worker of several."""

from kic_vm.operations.scope import Scope


def take(scope: Scope, job: str, interval: float) -> bool:
    """Whether a job is this worker's now: nobody has taken it within ``interval`` seconds.

    Two that ask at the same moment may both get it, which does no harm.
    """
    cache, key = scope.platform.cache, f"worker:{job}"
    if cache.get(key) is not None:
        return False
    cache.set(key, b"taken", interval)
    return True
