# Route tables of one's own, and a subnet for another project.

variable "other_project" {
  type = string
}

locals {
  internet = [
    {
      destination = "0.0.0.0/0"
      target_type = "igw"
      target_id   = kakaocloud_vpc.main.igw.id
    },
  ]
}

resource "kakaocloud_vpc" "main" {
  name       = "terraform-routes"
  cidr_block = "10.92.0.0/16"
}

resource "kakaocloud_route_table" "public" {
  vpc_id         = kakaocloud_vpc.main.id
  name           = "terraform-public"
  request_routes = local.internet
}

resource "kakaocloud_route_table" "private" {
  vpc_id         = kakaocloud_vpc.main.id
  name           = "terraform-private"
  is_main        = var.step == 2 ? true : null
  request_routes = var.step == 1 ? local.internet : null
}

resource "kakaocloud_subnet" "main" {
  vpc_id            = kakaocloud_vpc.main.id
  name              = "terraform-routed"
  cidr_block        = "10.92.16.0/20"
  availability_zone = "kr-central-2-a"
  route_table_id = (
    var.step < 1 ? kakaocloud_route_table.private.id : kakaocloud_route_table.public.id
  )
}

# The table that came with the VPC, which has to be the main one again before the others can go.
resource "kakaocloud_route_table" "default" {
  count          = var.step < 3 ? 0 : 1
  vpc_id         = kakaocloud_vpc.main.id
  name           = "terraform-routes"
  is_main        = true
  request_routes = local.internet
}

resource "kakaocloud_vpc" "shared" {
  name       = "terraform-shared"
  cidr_block = "10.93.0.0/20"
}

resource "kakaocloud_subnet" "shared" {
  vpc_id            = kakaocloud_vpc.shared.id
  name              = "terraform-shared"
  cidr_block        = "10.93.0.0/24"
  availability_zone = "kr-central-2-a"
}

resource "kakaocloud_subnet_share" "main" {
  id          = kakaocloud_subnet.shared.id
  project_ids = [var.other_project]
}
