# SPDX-License-Identifier: Apache-2.0
"""Requirements of the adapters: microversions, and Neutron extensions."""

from typing import Final

from kic_vm.adapters import block_storage, compute

# The OpenStack project, its service type, and the highest microversion that the adapters use.
MICROVERSIONS: Final = {
    "Nova": ("compute", compute.REBUILD),
    "Cinder": ("block-storage", block_storage.VOLUME),
}

# Required extensions, and the feature that does not work without each.
EXTENSIONS: Final = {
    "allowed-address-pairs": "addresses that a network interface may use besides its own",
    "external-net": "public IPs and internet gateways",
    "extraroute": "routes",
    "project-id": "everything in networks",
    "quota_details": "quotas",
    "rbac-policies": "sharing subnets",
    "revision-if-match": "changing what nobody else has changed meanwhile",
    "router": "public IPs, VPCs and route tables",
    "security-group": "security groups",
    "standard-attr-description": "finding the ports that the gateway has made",
    "standard-attr-revisions": "changing what nobody else has changed meanwhile",
    "standard-attr-tag": "VPCs, subnets and tags of security groups",
    "standard-attr-timestamp": "the order of an instance's network interfaces",
}
# Optional extensions, and what is limited without each.
WANTED_EXTENSIONS: Final = {
    "auto-allocated-topology": "a default external network: [public_ip] network has to name one",
    "port-security": "showing whether security groups apply to a network interface",
}
