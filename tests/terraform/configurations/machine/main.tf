# A machine with all that belongs to it, from nothing.

data "kakaocloud_images" "base" {
  filter = [{ name = "name", value = "ubuntu" }]
}

data "kakaocloud_instance_flavors" "small" {
  filter = [{ name = "name", value = "t1i.micro" }]
}

data "kakaocloud_instance_flavors" "larger" {
  filter = [{ name = "name", value = "t1i.small" }]
}

resource "kakaocloud_vpc" "main" {
  name       = "terraform-machine"
  cidr_block = "10.92.0.0/16"
}

resource "kakaocloud_subnet" "main" {
  vpc_id            = kakaocloud_vpc.main.id
  name              = "terraform-machine"
  cidr_block        = "10.92.0.0/20"
  availability_zone = "kr-central-2-a"
}

resource "kakaocloud_security_group" "main" {
  name = "terraform-machine"
  rules = [
    {
      direction        = "ingress"
      protocol         = "TCP"
      port_range_min   = "22"
      port_range_max   = "22"
      remote_ip_prefix = "10.0.0.0/8"
    },
    {
      direction        = "egress"
      protocol         = "ALL"
      remote_ip_prefix = "0.0.0.0/0"
    },
  ]
}

resource "kakaocloud_keypair" "main" {
  name = "terraform-machine"
}

resource "kakaocloud_network_interface" "main" {
  name            = "terraform-machine"
  subnet_id       = kakaocloud_subnet.main.id
  security_groups = [{ id = kakaocloud_security_group.main.id }]
}

resource "kakaocloud_volume" "data" {
  name              = "terraform-machine-data"
  size              = 1
  availability_zone = "kr-central-2-a"
}

# 1: renamed, a volume more, its root larger; 2: stopped; 3: of a larger type; 4: shelved;
# 5: running again, without that volume.
resource "kakaocloud_instance" "main" {
  name              = var.step < 1 ? "terraform-machine" : "terraform-machine-renamed"
  description       = var.step < 1 ? "first" : "second"
  image_id          = data.kakaocloud_images.base.images[0].id
  flavor_id         = (var.step < 3 ? data.kakaocloud_instance_flavors.small : data.kakaocloud_instance_flavors.larger).instance_flavors[0].id
  availability_zone = "kr-central-2-a"
  key_name          = kakaocloud_keypair.main.name
  status            = lookup({ 2 = "stopped", 3 = "stopped", 4 = "shelved_offloaded" }, var.step, "active")
  subnets = [
    {
      id                   = kakaocloud_subnet.main.id
      network_interface_id = kakaocloud_network_interface.main.id
    },
  ]
  volumes = concat(
    [{ size = var.step < 1 ? 2 : 3, id = null, is_delete_on_termination = true }],
    contains([1, 2, 3, 4], var.step)
    ? [{ size = null, id = kakaocloud_volume.data.id, is_delete_on_termination = false }]
    : [],
  )
}

resource "kakaocloud_public_ip" "main" {
  description = "of a machine"
  related_resource = {
    device_type = "instance"
    device_id   = kakaocloud_instance.main.id
    id          = kakaocloud_network_interface.main.id
  }
}
