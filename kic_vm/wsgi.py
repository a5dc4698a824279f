# SPDX-License-Identifier: Apache-2.0
"""Entry point for WSGI servers: ``kic_vm.wsgi:application``."""

from kic_vm import conf as configuration
from kic_vm import deploy, gc_tuning
from kic_vm.conf import logs

_conf = configuration.load()
logs.setup(_conf)

application = deploy.load_app(_conf)
gc_tuning.apply()
