# What a machine needs around it. Each step changes in place what can be changed.

resource "kakaocloud_vpc" "main" {
  name       = var.step < 1 ? "terraform-network" : "terraform-network-renamed"
  cidr_block = "10.90.0.0/16"
}

resource "kakaocloud_vpc" "with_subnet" {
  name       = "terraform-inline"
  cidr_block = "10.91.0.0/20"
  subnet = {
    cidr_block        = "10.91.0.0/24"
    availability_zone = "kr-central-2-a"
  }
}

resource "kakaocloud_subnet" "main" {
  vpc_id            = kakaocloud_vpc.main.id
  name              = var.step < 1 ? "terraform-subnet" : "terraform-subnet-renamed"
  cidr_block        = "10.90.16.0/20"
  availability_zone = "kr-central-2-a"
}

locals {
  https = {
    direction        = "ingress"
    protocol         = "TCP"
    port_range_min   = "443"
    port_range_max   = "443"
    remote_ip_prefix = "0.0.0.0/0"
    description      = var.step < 1 ? "from everywhere" : "from everybody"
  }
  out = {
    direction        = "egress"
    protocol         = "ALL"
    port_range_min   = null
    port_range_max   = null
    remote_ip_prefix = "0.0.0.0/0"
    description      = null
  }
  ping = {
    direction        = "ingress"
    protocol         = "ICMP"
    port_range_min   = null
    port_range_max   = null
    remote_ip_prefix = "10.90.0.0/16"
    description      = null
  }
}

resource "kakaocloud_security_group" "web" {
  name        = var.step < 1 ? "terraform-web" : "terraform-web-renamed"
  description = var.step < 1 ? "first" : "second"
  rules       = var.step < 2 ? [local.https, local.out] : [local.https, local.ping]
}

resource "kakaocloud_security_group" "peers" {
  name = "terraform-peers"
  rules = [
    {
      direction       = "ingress"
      protocol        = "UDP"
      port_range_min  = "1"
      port_range_max  = "65535"
      remote_group_id = kakaocloud_security_group.web.id
    },
  ]
}

# In another step than the group's name, which the provider expects to stay while it changes this.
resource "kakaocloud_network_interface" "main" {
  name        = var.step < 2 ? "terraform-interface" : "terraform-interface-renamed"
  description = var.step < 3 ? "of a machine to come" : null
  subnet_id   = kakaocloud_subnet.main.id
  private_ip  = "10.90.16.20"
  security_groups = [
    for group in(
      var.step < 2
      ? [kakaocloud_security_group.web]
      : [kakaocloud_security_group.web, kakaocloud_security_group.peers]
    ) : { id = group.id }
  ]
  allowed_address_pairs = var.step == 2 ? [{ ip_address = "10.90.16.200" }] : []
}

resource "kakaocloud_public_ip" "main" {
  description = var.step < 1 ? "first" : "second"
}
