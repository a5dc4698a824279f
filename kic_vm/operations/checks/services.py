"""The services behind the gateway: what they can do, and Redis."""

import redis

from kic_vm.adapters import needs, versions
from kic_vm.cache import RedisCache
from kic_vm.conf.redis_url import is_local
from kic_vm.operations.checks.finding import (
    Finding,
    failure,
    failure_if_unreachable,
    success,
    warning,
)
from kic_vm.operations.instances import resize_confirmation
from kic_vm.operations.request import RequestServices


@failure_if_unreachable
def microversions(gateway: RequestServices) -> Finding:
    """Whether each service has the microversions that the gateway asks for."""
    old = []
    for project, (service, needed) in needs.MICROVERSIONS.items():
        offered = versions.newest(gateway.app_state.cloud, service)
        if offered is None or offered < versions.parse(needed):
            shown = "none" if offered is None else ".".join(str(part) for part in offered)
            old.append(f"{project} needs {needed} and offers {shown}")
    if old:
        return failure(f"A service is too old: {'; '.join(old)}. Upgrade it.")
    return success("Nova and Cinder have the microversions that are asked for.")


@failure_if_unreachable
def extensions(gateway: RequestServices) -> Finding:
    """Whether Neutron has the extensions that the gateway uses."""
    there = gateway.openstack.network.list_extensions()
    missing = needs.EXTENSIONS.keys() - there
    if missing:
        listed = "; ".join(f"{alias} ({needs.EXTENSIONS[alias]})" for alias in sorted(missing))
        return failure(
            f"Neutron lacks extensions: {listed}. Load the plugins that have them, in "
            "service_plugins and extension_drivers of its configuration."
        )
    lesser = needs.WANTED_EXTENSIONS.keys() - there
    if lesser:
        listed = "; ".join(f"{alias} ({needs.WANTED_EXTENSIONS[alias]})" for alias in lesser)
        return warning(f"Neutron lacks extensions that are of use: {listed}.")
    return success("Neutron has the extensions that are used.")


def _confirming(gateway: RequestServices) -> str:
    """The kind of process that confirms resizes where there is no Redis."""
    is_worker = resize_confirmation.worker_confirms(gateway.app_state.conf)
    return "only kic-vm-worker" if is_worker else "only the gateway, not kic-vm-worker,"


def redis_store(gateway: RequestServices) -> Finding:
    """Whether Redis answers."""
    cache = gateway.app_state.cache
    if not isinstance(cache, RedisCache):
        return warning(
            "[redis] url is not set: each process remembers for itself, requests with an "
            f"Idempotency-Key are refused, and {_confirming(gateway)} confirms resizes. Name a "
            "Redis that all gateways share."
        )
    try:
        cache.ping()
    except redis.RedisError as error:
        return failure(
            f"Redis does not answer ({type(error).__name__}): check [redis] url, and that Redis "
            "runs and can be reached from here."
        )
    options = gateway.app_state.conf.redis
    if not options.secret and not is_local(options.url):
        return warning(
            "Redis answers, but [redis] secret is not set: what the gateway keeps in a Redis on "
            "another host is encrypted with a key that is derived from another password. Set it "
            "on all gateways and workers to what openssl rand -hex 32 prints."
        )
    return success("Redis answers.")
