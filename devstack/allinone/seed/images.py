# SPDX-License-Identifier: Apache-2.0
"""The images, made here: two small ones that nothing could boot from, or one for real guests."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from .. import commands, guest_image
from ..deployment import Deployment
from ..rest import Session

MIB = 2**20


@dataclass(frozen=True)
class Image:
    """An image and the properties that the gateway shows."""

    name: str
    disk_format: str
    distribution: str
    version: str
    administrator: str
    min_disk: int
    min_ram: int
    size: int = 64 * MIB


IMAGES = (
    Image("ubuntu-24.04", "qcow2", "ubuntu", "24.04", "ubuntu", 2, 512),
    Image("rocky-9", "raw", "rocky", "9", "rocky", 10, 1024, 32 * MIB),
)
RECIPE = "guest_recipe"  # the property with the fingerprint of a guest image
GUEST_IMAGE = Image("debian-12", "qcow2", "debian", "12", "debian", 2, 512)


def ensure(deployment: Deployment, admin: Session) -> None:
    """The images, public and active; with real guests, only what they can boot from.

    The image for real guests is replaced when its recipe has changed.
    """
    images = (GUEST_IMAGE,) if deployment.has_guests else IMAGES
    recipe = guest_image.fingerprint() if deployment.has_guests else None
    found = admin.call("glance", "GET", "/images?visibility=public&limit=1000")["images"]
    for image in images:
        same = [existing for existing in found if existing["name"] == image.name]
        if ("active", recipe) in {(existing["status"], existing.get(RECIPE)) for existing in same}:
            continue
        for existing in same:
            admin.call("glance", "DELETE", f"/images/{existing['id']}")
        _upload(deployment, admin, image, {RECIPE: recipe} if recipe else {})


def _upload(
    deployment: Deployment, admin: Session, image: Image, extra_properties: dict[str, str]
) -> None:
    properties = {
        "name": image.name,
        "disk_format": image.disk_format,
        "container_format": "bare",
        "visibility": "public",
        "min_disk": image.min_disk,
        "min_ram": image.min_ram,
        "os_type": "linux",
        "os_distro": image.distribution,
        "os_version": image.version,
        "os_admin_user": image.administrator,
        "architecture": "x86_64",
        "hw_disk_bus": "virtio",
        "hw_vif_model": "virtio",
        **extra_properties,
    }
    directory = deployment.data / "seed" / image.name
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    is_guest = image is GUEST_IMAGE
    file = guest_image.path(deployment) if is_guest else _build(deployment, image, directory)
    made = admin.call("glance", "POST", "/images", properties)
    path = f"/images/{made['id']}/file"
    admin.call("glance", "PUT", path, file, Content_Type="application/octet-stream")
    shutil.rmtree(directory)


def _build(deployment: Deployment, image: Image, directory: Path) -> Path:
    env, log = deployment.environment(), deployment.logs / "images.log"
    root, raw = directory / "root", directory / "disk.raw"
    (root / "etc").mkdir(parents=True)
    release = f'ID={image.distribution}\nVERSION_ID="{image.version}"\n'
    (root / "etc/os-release").write_text(release)
    with raw.open("wb") as stream:
        stream.truncate(image.size)
    make: list[str | Path] = [
        "mke2fs",
        "-q",
        "-t",
        "ext4",
        "-F",
        "-L",
        image.distribution,
        "-d",
        root,
        raw,
    ]
    commands.run("mke2fs", make, log, env)
    if image.disk_format == "raw":
        return raw
    converted = directory / f"disk.{image.disk_format}"
    convert: list[str | Path] = [
        "qemu-img",
        "convert",
        "-f",
        "raw",
        "-O",
        image.disk_format,
        raw,
        converted,
    ]
    commands.run("qemu-img", convert, log, env)
    return converted
