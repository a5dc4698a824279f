"""VPCs, subnets, route tables, network interfaces, public IPs and security groups."""
