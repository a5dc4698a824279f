# SPDX-License-Identifier: Apache-2.0
"""Checks of the services that the gateway uses: microversions, extensions, Redis."""

import redis

from kic_vm.adapters import needs, versions
from kic_vm.cache.redis import RedisCache
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
    """Whether each service has the microversions that the gateway uses."""
    outdated = []
    for project, (service, needed) in needs.MICROVERSIONS.items():
        offered = versions.newest(gateway.app_state.cloud, service)
        if offered is None or offered < versions.parse(needed):
            shown = "none" if offered is None else ".".join(str(part) for part in offered)
            outdated.append(f"{project} needs {needed} and offers {shown}")
    if outdated:
        return failure(f"A service is too old: {'; '.join(outdated)}. Upgrade it.")
    return success("Nova and Cinder have the required microversions.")


@failure_if_unreachable
def extensions(gateway: RequestServices) -> Finding:
    """Whether Neutron has the extensions that the gateway uses."""
    available = gateway.openstack.network.list_extensions()
    missing = needs.EXTENSIONS.keys() - available
    if missing:
        listed = "; ".join(f"{alias} ({needs.EXTENSIONS[alias]})" for alias in sorted(missing))
        return failure(
            f"Neutron lacks required extensions: {listed}. Load their plugins in service_plugins "
            "and extension_drivers of Neutron's configuration."
        )
    missing_optional = needs.WANTED_EXTENSIONS.keys() - available
    if missing_optional:
        listed = "; ".join(
            f"{alias} ({needs.WANTED_EXTENSIONS[alias]})" for alias in missing_optional
        )
        return warning(f"Neutron lacks optional extensions: {listed}.")
    return success("Neutron has the extensions that the gateway uses.")


def _confirming_process(gateway: RequestServices) -> str:
    """The process that confirms resizes when there is no Redis."""
    is_worker = resize_confirmation.worker_confirms(gateway.app_state.conf)
    return "only kic-vm-worker" if is_worker else "only the gateway, not kic-vm-worker,"


def redis_store(gateway: RequestServices) -> Finding:
    """Whether Redis answers."""
    cache = gateway.app_state.cache
    if not isinstance(cache, RedisCache):
        return warning(
            "[redis] url is not set: each process has its own cache, requests with an "
            f"Idempotency-Key are refused, and {_confirming_process(gateway)} confirms resizes. "
            "Set it to a Redis that all gateways share."
        )
    try:
        cache.ping()
    except redis.RedisError as error:
        return failure(
            f"Redis does not answer ({type(error).__name__}): check [redis] url, and that Redis "
            "is running and this host can reach it."
        )
    options = gateway.app_state.conf.redis
    if not options.secret and not is_local(options.url):
        return warning(
            "Redis answers, but [redis] secret is not set: the gateway encrypts its data in a "
            "Redis on another host with a key derived from another password. Set it to the output "
            "of openssl rand -hex 32 on all gateways and workers."
        )
    return success("Redis answers.")
