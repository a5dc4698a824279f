"""How fast the gateway is, beside the OpenStack that it calls: ``make bench``."""
