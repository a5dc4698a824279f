"""Entry point for WSGI servers: ``kic_vm.wsgi:application``."""

from kic_vm import conf as configuration
from kic_vm import deploy, memory
from kic_vm.conf import logs

_conf = configuration.load()
logs.setup(_conf)

application = deploy.load_app(_conf)
memory.settle()
