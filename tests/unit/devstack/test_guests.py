# SPDX-License-Identifier: Apache-2.0
"""Real guests: a choice of the first `up`, with a network and an image of their own."""

import configparser
import ipaddress
import shutil
from pathlib import Path
from typing import Any, cast

import pytest
from allinone import guest_image, libvirt, nova, ovn, settings
from allinone.deployment import COMPUTES, UNREACHED_NETWORK, Deployment
from allinone.errors import StandaloneError
from allinone.processes import BOOT
from allinone.rest import Session
from allinone.seed import images

JSON = dict[str, Any]


def test_fake_hypervisor_is_the_default(deployment: Deployment) -> None:
    """Two hosts, and a public network in which nothing answers."""
    deployment.choose_hypervisor(guests=False)
    assert not deployment.has_guests
    assert deployment.computes == COMPUTES
    assert deployment.public_network == UNREACHED_NETWORK


def test_guests_stay_chosen(deployment: Deployment) -> None:
    """A later `up` needs no --guests; all guests are on one host."""
    deployment.choose_hypervisor(guests=True)
    again = Deployment(deployment.settings)
    again.choose_hypervisor(guests=False)
    assert again.has_guests
    assert again.computes == COMPUTES[:1]
    assert again.public_network == ipaddress.IPv4Network(settings.DEFAULT_PUBLIC_NETWORK)


@pytest.mark.parametrize("guests", [True, False])
def test_single_host_accepts_its_own_resizes(deployment: Deployment, guests: bool) -> None:
    """The API reads the option; with two hosts, an instance moves to the other one."""
    deployment.choose_hypervisor(guests=guests)
    deployment.set_mark(libvirt.VIRT_TYPE, "qemu")
    nova.configure(deployment)
    configuration = configparser.ConfigParser(interpolation=None)
    configuration.read(deployment.etc / "nova/nova.conf")
    assert configuration.getboolean("DEFAULT", "allow_resize_to_same_host") is guests


def test_guests_cannot_be_chosen_later(deployment: Deployment) -> None:
    """Instances of the fake hypervisor cannot become real; the error says what to do."""
    deployment.set_mark("schema-nova")
    with pytest.raises(StandaloneError, match="KIC_VM_STANDALONE_DIR"):
        deployment.choose_hypervisor(guests=True)
    assert not deployment.has_guests


@pytest.mark.parametrize("text", ["198.51.100.1/24", "fd00::/64", "198.51.100.0/29", "many"])
def test_impossible_public_network_is_refused(tmp_path: Path, text: str) -> None:
    """The setting is named."""
    environ = {"KIC_VM_STANDALONE_DIR": str(tmp_path), "KIC_VM_STANDALONE_PUBLIC_NETWORK": text}
    with pytest.raises(StandaloneError, match="public_network"):
        settings.load(environ)


def test_unknown_virt_type_is_refused(tmp_path: Path) -> None:
    """Nova has more of them, but not for this."""
    environ = {"KIC_VM_STANDALONE_DIR": str(tmp_path), "KIC_VM_STANDALONE_VIRT_TYPE": "xen"}
    with pytest.raises(StandaloneError, match="virt_type"):
        settings.load(environ)


@pytest.mark.parametrize(("works", "expected"), [(True, "kvm"), (False, "qemu")])
def test_kvm_is_probed_once(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, works: bool, expected: str
) -> None:
    """What the first `up` finds is kept, as guests cannot change their kind."""
    monkeypatch.setattr(libvirt, "_kvm_runs_a_guest", lambda: works)
    assert libvirt.kind(deployment) == expected
    monkeypatch.setattr(libvirt, "_kvm_runs_a_guest", lambda: not works)
    assert libvirt.kind(deployment) == expected


def test_interfaces_of_another_switch_are_refused(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Those that an `up` in this boot of the machine has made are its own."""
    monkeypatch.setattr(ovn, "KERNEL_INTERFACES", tmp_path)
    (tmp_path / ovn.EXTERNAL_BRIDGE).touch()
    with pytest.raises(StandaloneError, match=ovn.EXTERNAL_BRIDGE):
        ovn._claim_interfaces(deployment)
    deployment.set_mark(ovn.OUR_INTERFACES, "another boot")
    with pytest.raises(StandaloneError, match=ovn.EXTERNAL_BRIDGE):
        ovn._claim_interfaces(deployment)
    deployment.set_mark(ovn.OUR_INTERFACES, BOOT.read_text())
    ovn._claim_interfaces(deployment)


def test_image_is_made_again_when_its_recipe_changes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A changed file and a renamed one are another image."""
    recipe = tmp_path / "guest"
    shutil.copytree(guest_image.RECIPE, recipe)
    monkeypatch.setattr(guest_image, "RECIPE", recipe)
    first = guest_image.fingerprint()
    (recipe / "grub.cfg").write_text("boot\n")
    second = guest_image.fingerprint()
    (recipe / "grub.cfg").rename(recipe / "grub.conf")
    assert len({first, second, guest_image.fingerprint()}) == 3


@pytest.mark.parametrize(("recipe", "replaced"), [("older", True), (None, True), ("same", False)])
def test_image_in_glance_is_replaced_when_its_recipe_changes(
    deployment: Deployment, recipe: str | None, replaced: bool
) -> None:
    """Otherwise, new instances would start from the old image."""
    deployment.choose_hypervisor(guests=True)
    file = guest_image.path(deployment)
    file.parent.mkdir()
    file.touch()
    fingerprint = guest_image.fingerprint() if recipe == "same" else recipe
    old = {"id": "old", "name": "debian-12", "status": "active", images.RECIPE: fingerprint}
    glance = Glance([old])
    images.ensure(deployment, cast("Session", glance))
    assert [image["id"] for image in glance.images] == (["new"] if replaced else ["old"])
    assert glance.images[0][images.RECIPE] == guest_image.fingerprint()


class Glance:
    """A session of an administrator, with the images that Glance has."""

    def __init__(self, images: list[JSON]) -> None:
        self.images = images

    def call(
        self, service: str, method: str, path: str, body: JSON | None = None, **headers: str
    ) -> JSON:
        """Glance's answer."""
        if method == "DELETE":
            self.images = [image for image in self.images if path != f"/images/{image['id']}"]
        elif method == "POST":
            assert body
            self.images.append(body | {"id": "new", "status": "active"})
            return {"id": "new"}
        return {"images": list(self.images)}


def test_image_survives_a_reset(deployment: Deployment) -> None:
    """It takes minutes to make."""
    image = guest_image.path(deployment)
    image.parent.mkdir()
    image.touch()
    deployment.remove_data()
    assert image.exists()
    assert guest_image.ensure(deployment) is None


def test_boot_loader_that_does_not_fit_is_refused(deployment: Deployment, tmp_path: Path) -> None:
    """It may reach to the first partition, no further."""
    core = bytes(guest_image.FIRST_SECTOR * guest_image.SECTOR)
    with pytest.raises(ValueError, match="does not fit"):
        guest_image._assemble(deployment, tmp_path / "disk", tmp_path / "system", b"", core)
