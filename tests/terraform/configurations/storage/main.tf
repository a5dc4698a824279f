# Volumes, a snapshot of one, and an image that another project may use.

variable "other_project" {
  type = string
}

data "kakaocloud_images" "base" {
  filter = [{ name = "name", value = "ubuntu" }]
}

resource "kakaocloud_volume" "data" {
  name              = var.step < 1 ? "terraform-data" : "terraform-data-renamed"
  description       = var.step < 1 ? "first" : "second"
  size              = var.step < 1 ? 1 : 2
  availability_zone = "kr-central-2-a"
}

resource "kakaocloud_volume" "root" {
  name              = "terraform-root"
  size              = 2
  availability_zone = "kr-central-2-a"
  image_id          = data.kakaocloud_images.base.images[0].id
}

resource "kakaocloud_volume" "copy" {
  name              = "terraform-copy"
  size              = 2
  availability_zone = "kr-central-2-a"
  source_volume_id  = kakaocloud_volume.root.id
}

resource "kakaocloud_volume_snapshot" "data" {
  name           = var.step < 1 ? "terraform-snapshot" : "terraform-snapshot-renamed"
  description    = var.step < 1 ? "first" : "second"
  volume_id      = kakaocloud_volume.data.id
  is_incremental = false
}

resource "kakaocloud_volume" "restored" {
  name               = "terraform-restored"
  availability_zone  = "kr-central-2-a"
  volume_snapshot_id = kakaocloud_volume_snapshot.data.id
}

# The provider wants to know the volume before it plans the image.
resource "kakaocloud_image" "root" {
  count       = var.step < 1 ? 0 : 1
  name        = var.step < 2 ? "terraform-image" : "terraform-image-renamed"
  description = var.step < 2 ? "first" : "second"
  volume_id   = kakaocloud_volume.root.id
}

resource "kakaocloud_image_member" "root" {
  count             = var.step < 2 ? 0 : 1
  id                = kakaocloud_image.root[0].id
  shared_member_ids = [var.other_project]
}
