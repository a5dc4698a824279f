# SPDX-License-Identifier: Apache-2.0
"""Where OVN takes a packet, by its logical flows: no packet is sent."""

import os
import re
import subprocess
from typing import Any

from tests.functional.standalone import DIRECTORY

JSON = dict[str, Any]


class LogicalFlows:
    """ovn-trace on the standalone's databases."""

    def __init__(self) -> None:
        socket = f"unix:{DIRECTORY / 'sockets' / 'db.sock'}"
        self._environment = {**os.environ, "OVN_NB_DB": socket, "OVN_SB_DB": socket}

    def trace(self, port: JSON, gateway_mac: str, destination: str, ct: str) -> str:
        """What happens to a TCP packet that a port sends to its gateway.

        :param port: Neutron's port
        :param ct: what connection tracking says of the packet: new or est
        """
        source = port["fixed_ips"][0]["ip_address"]
        flow = (
            f'inport=="{port["id"]}" && eth.src=={port["mac_address"]} && eth.dst=={gateway_mac} '
            f"&& ip4.src=={source} && ip4.dst=={destination} && ip.ttl==64 && tcp && tcp.dst==80"
        )
        self._run("ovn-nbctl", "--wait=sb", "sync")  # what Neutron has written becomes flows
        return self._run(
            "ovn-trace", "--summary", f"--ct={ct}", f"neutron-{port['network_id']}", flow
        )

    def _run(self, *command: str) -> str:
        done = subprocess.run(
            command, check=False, env=self._environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def reaches(self, source: JSON, gateway_mac: str, destination: JSON) -> bool:
        """Whether a first packet and its successors get from one port to another one."""
        address = destination["fixed_ips"][0]["ip_address"]
        name = destination["name"] or destination["id"]
        return all(
            f'output to "{name}"' in self.trace(source, gateway_mac, address, ct)
            for ct in ("new", "est")
        )

    def leaves_cloud(self, source: JSON, gateway_mac: str) -> bool:
        """Whether packets to the internet leave by the network that public IPs come from."""
        traced = self.trace(source, gateway_mac, "192.0.2.200", "new")
        return re.search(r'output to "provnet-[0-9a-f-]+", type "localnet"', traced) is not None
