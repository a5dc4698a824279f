# SPDX-License-Identifier: Apache-2.0
"""The network that public IPs come from."""

from kic_vm import exceptions
from kic_vm.operations.request import RequestServices
from kic_vm.resources.network import ExternalNetwork


def choose(services: RequestServices, external: list[ExternalNetwork]) -> str | None:
    """The id of the configured, the default or the only external network; None without one.

    :param external: the cloud's external networks
    """
    configured = services.app_state.conf.public_ip.network
    if configured:
        external = [
            network for network in external if configured in {network["id"], network["name"]}
        ]
    elif len(external) > 1:
        external = [network for network in external if network.get("is_default")]
    if len(external) != 1:
        return None
    return external[0]["id"]


def find(services: RequestServices, external: list[ExternalNetwork]) -> str:
    """Like ``choose``, but an external network is required.

    :raises UpstreamUnavailable: there is no external network to choose
    """
    network_id = choose(services, external)
    if network_id is None:
        raise exceptions.UpstreamUnavailable(
            "network", "This cloud does not say where public IPs come from: ask its operator."
        )
    return network_id
