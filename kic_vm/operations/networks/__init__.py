# SPDX-License-Identifier: Apache-2.0
"""VPCs, subnets, route tables, network interfaces, public IPs and security groups."""
