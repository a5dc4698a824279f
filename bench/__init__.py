# SPDX-License-Identifier: Apache-2.0
"""How fast the gateway is, beside the OpenStack that it calls: ``make bench``."""
