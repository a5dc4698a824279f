"""Entry point for WSGI servers: ``kic_vm.wsgi:application``."""

import gc

from kic_vm import conf as configuration
from kic_vm import deploy
from kic_vm.conf import logs

_conf = configuration.load()
logs.setup(_conf)

application = deploy.load_app(_conf)

# What has been loaded stays, and a list of a thousand instances is a hundred thousand objects
# without a cycle: with Python's defaults, looking for cycles in all of that is two fifths of the
# list's CPU time.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 50)
