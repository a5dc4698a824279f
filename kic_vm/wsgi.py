"""Entry point for WSGI servers: ``kic_vm.wsgi:application``."""

from oslo_log import log

from kic_vm import conf as configuration
from kic_vm import deploy

_conf = configuration.load()
log.setup(_conf, "kic-vm")

application = deploy.load_app(_conf)
