# One by its id, and the same one in a list.

locals {
  interface = kakaocloud_instance.main.addresses[0].network_interface_id
}

data "kakaocloud_instance" "one" {
  id = kakaocloud_instance.main.id
}

data "kakaocloud_instances" "many" {
  filter = [
    { name = "id", value = kakaocloud_instance.main.id },
    { name = "name", value = "terraform-data" },
    { name = "status", value = "active" },
    { name = "availability_zone", value = "kr-central-2-a" },
  ]
}

data "kakaocloud_instance_flavor" "one" {
  id = kakaocloud_instance.main.flavor_id
}

data "kakaocloud_instance_flavors" "many" {
  filter = [{ name = "id", value = kakaocloud_instance.main.flavor_id }]
}

data "kakaocloud_keypair" "one" {
  name = kakaocloud_keypair.main.name
}

data "kakaocloud_keypairs" "many" {
  filter = [{ name = "name", value = kakaocloud_keypair.main.name }]
}

data "kakaocloud_volume" "one" {
  id = kakaocloud_volume.main.id
}

data "kakaocloud_volumes" "many" {
  filter = [{ name = "id", value = kakaocloud_volume.main.id }]
}

data "kakaocloud_volume_snapshot" "one" {
  id = kakaocloud_volume_snapshot.main.id
}

data "kakaocloud_volume_snapshots" "many" {
  filter = [{ name = "volume_id", value = kakaocloud_volume_snapshot.main.volume_id }]
}

data "kakaocloud_volume_types" "many" {}

data "kakaocloud_image" "one" {
  id = kakaocloud_instance.main.image_id
}

data "kakaocloud_images" "many" {
  filter = [
    { name = "id", value = kakaocloud_instance.main.image_id },
    { name = "image_type", value = "basic" },
    { name = "os_type", value = "linux" },
  ]
}

data "kakaocloud_image_member" "one" {
  count = var.step < 1 ? 0 : 1
  id    = kakaocloud_image_member.main[0].id
}

data "kakaocloud_public_ip" "one" {
  id = kakaocloud_public_ip.main.id
}

data "kakaocloud_public_ips" "many" {
  filter = [{ name = "public_ip", value = kakaocloud_public_ip.main.public_ip }]
}

data "kakaocloud_security_group" "one" {
  id = kakaocloud_security_group.main.id
}

data "kakaocloud_security_groups" "many" {
  filter = [{ name = "name", value = kakaocloud_security_group.main.name }]
}

data "kakaocloud_vpc" "one" {
  id = kakaocloud_vpc.main.id
}

data "kakaocloud_vpcs" "many" {
  filter = [{ name = "cidr_block", value = kakaocloud_vpc.main.cidr_block }]
}

data "kakaocloud_subnet" "one" {
  id = kakaocloud_subnet.main.id
}

data "kakaocloud_subnets" "many" {
  filter = [{ name = "vpc_id", value = kakaocloud_subnet.main.vpc_id }]
}

data "kakaocloud_network_interface" "one" {
  id = local.interface
}

data "kakaocloud_network_interfaces" "many" {
  filter = [{ name = "device_id", value = kakaocloud_instance.main.id }]
}

data "kakaocloud_route_table" "one" {
  id = kakaocloud_vpc.main.default_route_table.id
}

data "kakaocloud_route_tables" "many" {
  filter = [{ name = "vpc_id", value = kakaocloud_vpc.main.id }]
}

data "kakaocloud_subnet_share" "one" {
  id = kakaocloud_subnet.main.id
}

data "kakaocloud_project" "one" {}
