"""Jobs of the worker that are worth doing now and then only, by one worker of several."""

from kic_vm.operations.request import RequestServices


def acquire(services: RequestServices, job: str, interval: float) -> bool:
    """Whether a job is this worker's now: nobody has taken it within ``interval`` seconds."""
    return services.app_state.cache.add(f"worker:{job}", b"taken", interval)
