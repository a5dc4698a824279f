# Every data source, on what is made here.

variable "other_project" {
  type = string
}

data "kakaocloud_images" "base" {
  filter = [{ name = "name", value = "ubuntu" }]
}

data "kakaocloud_instance_flavors" "small" {
  filter = [{ name = "name", value = "t1i.micro" }, { name = "instance_type", value = "vm" }]
}

resource "kakaocloud_vpc" "main" {
  name       = "terraform-data"
  cidr_block = "10.93.0.0/16"
}

resource "kakaocloud_subnet" "main" {
  vpc_id            = kakaocloud_vpc.main.id
  name              = "terraform-data"
  cidr_block        = "10.93.0.0/20"
  availability_zone = "kr-central-2-a"
}

resource "kakaocloud_security_group" "main" {
  name = "terraform-data"
  rules = [
    {
      direction        = "egress"
      protocol         = "ALL"
      remote_ip_prefix = "0.0.0.0/0"
    },
  ]
}

resource "kakaocloud_keypair" "main" {
  name = "terraform-data"
}

resource "kakaocloud_instance" "main" {
  name                    = "terraform-data"
  image_id                = data.kakaocloud_images.base.images[0].id
  flavor_id               = data.kakaocloud_instance_flavors.small.instance_flavors[0].id
  availability_zone       = "kr-central-2-a"
  key_name                = kakaocloud_keypair.main.name
  subnets                 = [{ id = kakaocloud_subnet.main.id }]
  volumes                 = [{ size = 2 }]
  initial_security_groups = [{ name = kakaocloud_security_group.main.name }]
}

resource "kakaocloud_public_ip" "main" {
  description = "of data sources"
}

resource "kakaocloud_volume" "main" {
  name              = "terraform-data"
  size              = 2
  availability_zone = "kr-central-2-a"
  image_id          = data.kakaocloud_images.base.images[0].id
}

resource "kakaocloud_volume_snapshot" "main" {
  name           = "terraform-data"
  volume_id      = kakaocloud_volume.main.id
  is_incremental = false
}

resource "kakaocloud_image" "main" {
  count     = var.step < 1 ? 0 : 1
  name      = "terraform-data"
  volume_id = kakaocloud_volume.main.id
}

resource "kakaocloud_image_member" "main" {
  count             = var.step < 1 ? 0 : 1
  id                = kakaocloud_image.main[0].id
  shared_member_ids = [var.other_project]
}
