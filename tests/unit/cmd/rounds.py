# SPDX-License-Identifier: Apache-2.0
"""A round of the worker in a cloud where it has nothing to do."""

import threading

from oslo_config import cfg

from kic_vm import deploy
from kic_vm.cmd import worker
from tests.unit.cloud import Cloud

SERVERS = "/servers/detail?all_tenants=1&status=VERIFY_RESIZE"
PORTS = "/ports?description=Made+by+kic-vm+for+an+instance"


def run(conf: cfg.ConfigOpts) -> None:
    """One round of a worker that has just started."""
    worker.work(deploy.load_app_state(conf), threading.Event(), is_once=True)


def make_quiet(cloud: Cloud) -> None:
    """Have nothing to do for the worker."""
    cloud.answer("GET", "nova", SERVERS, {"servers": []})
    cloud.answer("GET", "neutron", PORTS, {"ports": []})
