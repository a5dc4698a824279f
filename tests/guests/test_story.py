# SPDX-License-Identifier: Apache-2.0
"""The life of a real guest, through the gateway and ssh alone. The chapters build on each other."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.functional.client import Client
from tests.functional.volumes import Volumes
from tests.guests.guest import PATIENCE
from tests.guests.record import Record
from tests.guests.story import IMAGE, LOGIN_SECONDS, NAME, Story

GIB = 2**30
SHUTDOWN = 150 * PATIENCE  # seconds; Nova gives a guest 60 to shut down properly
START = 120 * PATIENCE
# What cloud-init says when all that user_data asks for is done. The SSH server runs by then. The
# console's prompt is no sign: a slow guest may give up waiting for the device of its console.
FINISHED = " finished at "


@pytest.fixture(scope="module")
def story(
    member: Client,
    persona: Callable[[str], Client],
    record: Record,
    subnet_id: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Story]:
    """What all chapters share."""
    directory: Path = tmp_path_factory.mktemp("story")
    made = Story(member, persona("kic-admin"), record, subnet_id, directory)
    yield made
    made.remove_all()


@pytest.fixture(scope="module")
def data(member: Client) -> Iterator[Volumes]:
    """The volumes beside the root volume."""
    member.patience = PATIENCE
    made = Volumes(member)
    yield made
    made.remove_all()


@pytest.fixture(scope="module")
def kept() -> dict[str, str]:
    """What a chapter leaves to the later ones: ids and checksums."""
    return {}


def test_login(story: Story) -> None:
    """A new guest lets nobody in; after a rule for ssh, it is its owner with the keypair."""
    story.make_keypair()
    story.make_group()
    machine = story.machine = story.make_machine(story.image_id(IMAGE), root=3)
    with machine.step("create") as step:
        machine.wait_for("active", START)
    assert step.states("instance")[-1] == "Active"
    story.guest = story.reach(machine)
    with machine.step("first start, until cloud-init has finished"):
        machine.wait_for_console(FINISHED, LOGIN_SECONDS)
    assert not story.guest.lets_in()
    with machine.step("security group opened, until the login"):
        story.add_rule(
            direction="ingress",
            protocol="TCP",
            port_range_min=22,
            port_range_max=22,
            remote_ip_prefix="0.0.0.0/0",
        )
        story.guest.wait_for_login(LOGIN_SECONDS)
    assert story.guest.ssh("whoami") == "debian"
    assert story.guest.ssh("nproc") == "1"
    assert story.guest.ssh("cat /etc/from-user-data") == "this is what user_data asked for"
    assert story.guest.ssh("hostname") == NAME


def test_console_log(story: Story) -> None:
    """The console's log is the guest's own."""
    log = story.machine.console(1000)
    assert "Linux version" in log
    assert story.guest.ssh("uname -r") in log
    assert len(story.machine.console(5).splitlines()) == 5


def test_second_volume(story: Story, data: Volumes, kept: dict[str, str]) -> None:
    """An attached volume is a disk at once, and keeps what is written to it."""
    machine, guest = story.machine, story.guest
    kept["volume"] = volume_id = data.make_available(size=1)
    with machine.step("attach a volume", volume=volume_id):
        attached = machine.attach(volume_id)
        guest.ssh("until test -b /dev/vdb; do sleep 0.5; done")
    kept["mount point"] = attached["mount_point"]
    assert int(guest.ssh("sudo blockdev --getsize64 /dev/vdb")) == GIB
    guest.ssh(
        "sudo mkfs.ext4 -q -L story /dev/vdb && sudo mkdir /data && sudo mount /dev/vdb /data"
    )
    guest.ssh("sudo sh -c 'head -c 20M /dev/urandom >/data/bytes' && sync")
    kept["bytes"] = guest.checksum("/data/bytes")


def test_extend_while_attached(story: Story, data: Volumes, kept: dict[str, str]) -> None:
    """The guest has the new size when the gateway shows it; its file system grows in use."""
    machine, guest, volume_id = story.machine, story.guest, kept["volume"]
    with machine.step("extend the attached volume", volume=volume_id):
        data.extend(volume_id, 2)
        machine.wait_for_volume(volume_id, "in_use")
    assert data.get(volume_id)["size"] == 2
    assert int(guest.ssh("sudo blockdev --getsize64 /dev/vdb")) == 2 * GIB
    guest.ssh("sudo resize2fs /dev/vdb")
    assert int(guest.ssh("df --output=size -B1 /data | tail -1")) > 1.8 * GIB
    assert guest.checksum("/data/bytes") == kept["bytes"]


def test_snapshot_and_restore(story: Story, data: Volumes, kept: dict[str, str]) -> None:
    """A volume restored from a snapshot holds what was written before that, not after."""
    machine, guest, volume_id = story.machine, story.guest, kept["volume"]
    guest.ssh("sync; sudo fsfreeze --freeze /data")
    with machine.step("snapshot of the attached volume", volume=volume_id):
        snapshot_id = data.snapshot(volume_id)
        data.wait_for_snapshot(snapshot_id, within=120)
    guest.ssh("sudo fsfreeze --unfreeze /data; sudo touch /data/later")
    with machine.step("restore"):
        restored = data.restore(snapshot_id)
        data.watch(restored, "available", within=180)
    with machine.step("attach the restored volume", volume=restored):
        machine.attach(restored)
        guest.ssh("until test -b /dev/vdc; do sleep 0.5; done")
    guest.ssh("sudo mkdir -p /restored && sudo mount /dev/vdc /restored")
    assert guest.checksum("/restored/bytes") == kept["bytes"]
    assert guest.try_ssh("test -e /restored/later").returncode == 1
    guest.ssh("sudo umount /restored")
    with machine.step("detach the restored volume", volume=restored):
        machine.detach(restored)
    assert guest.try_ssh("test -b /dev/vdc").returncode == 1


def test_stop_and_start(story: Story, kept: dict[str, str]) -> None:
    """Stop lets the guest shut down properly; with start it runs anew and has its volumes."""
    machine, guest = story.machine, story.guest
    guest.ssh("echo LABEL=story /data ext4 defaults,nofail 0 2 | sudo tee -a /etc/fstab")
    before = guest.boot_id()
    with machine.step("stop") as step:
        machine.command("stop", "stopped", SHUTDOWN)
    assert "Powering-off" in step.states("instance")
    assert not guest.lets_in()
    with machine.step("start"):
        machine.command("start", "active", START)
        guest.wait_for_login(LOGIN_SECONDS)
    assert guest.boot_id() != before
    assert guest.ssh("wc -l </var/lib/goodbye") == "1"
    assert guest.checksum("/data/bytes") == kept["bytes"]


def test_soft_and_hard_reboot(story: Story) -> None:
    """A soft reboot lets the guest shut down properly, a hard one does not."""
    machine, guest = story.machine, story.guest
    for name, goodbyes in (("soft-reboot", "2"), ("hard-reboot", "2")):
        before = guest.boot_id()
        with machine.step(name):
            machine.command(name, "active", SHUTDOWN)
            guest.wait_for_login(LOGIN_SECONDS)
        assert guest.boot_id() != before
        assert guest.uptime() < LOGIN_SECONDS
        assert guest.ssh("wc -l </var/lib/goodbye") == goodbyes, name


def test_soft_reboot_that_the_guest_ignores(story: Story) -> None:
    """A guest that takes no notice of the power button is restarted all the same."""
    machine, guest = story.machine, story.guest
    ignore = (
        "sudo mkdir -p /run/systemd/logind.conf.d && printf '[Login]\\nHandlePowerKey=ignore\\n'"
    )
    guest.ssh(f"{ignore} | sudo tee /run/systemd/logind.conf.d/ignore.conf")
    guest.ssh("sudo systemctl restart systemd-logind")
    before = guest.boot_id()
    with machine.step("soft-reboot that the guest ignores"):
        machine.command("soft-reboot", "active", SHUTDOWN)
        guest.wait_for_login(LOGIN_SECONDS)
    assert guest.boot_id() != before
    assert guest.ssh("wc -l </var/lib/goodbye") == "2"


def test_image_of_the_instance(story: Story, kept: dict[str, str]) -> None:
    """A second instance, made of an image of the first one's root volume, has its bytes."""
    machine, guest = story.machine, story.guest
    guest.ssh("sudo sh -c 'head -c 5M /dev/urandom >/var/lib/bytes'; sync")
    kept["root bytes"] = guest.checksum("/var/lib/bytes")
    root = story.root_of(machine)
    with machine.step("image of the root volume", volume=root):
        image_id = story.make_image(root, NAME)
    second = story.make_machine(image_id, root=3)
    with second.step("second instance, until the login"):
        second.wait_for("active", START)
        copy = story.reach(second)
        copy.wait_for_login(LOGIN_SECONDS)
    assert copy.checksum("/var/lib/bytes") == kept["root bytes"]
    assert copy.ssh("cat /etc/machine-id") != ""
    with second.step("delete the second instance"):
        story.remove(second.path)
    story.remove_address(copy.address)


def test_resize(story: Story) -> None:
    """The guest has the processors and the memory of its new flavor."""
    machine, guest = story.machine, story.guest
    assert guest.ssh("nproc") == "1"
    with machine.step("resize while active"):
        machine.command("resize", "resized", SHUTDOWN + START, story.flavor("c2a.large"))
    with machine.step("confirm-resize"):
        machine.command("confirm-resize", "active", START)
    guest.wait_for_login(LOGIN_SECONDS)
    assert guest.ssh("nproc") == "2"
    assert int(guest.ssh("awk '/MemTotal/ {print $2}' /proc/meminfo")) > 3.5 * 2**20
    machine.command("stop", "stopped", SHUTDOWN)
    with machine.step("resize while stopped"):
        machine.ask("POST", "/resize", 202, story.flavor("t1i.micro"))
        machine.wait_for("stopped", START)
    machine.command("start", "active", START)
    guest.wait_for_login(LOGIN_SECONDS)
    assert guest.ssh("nproc") == "1"


def test_shelve_and_unshelve(story: Story, kept: dict[str, str]) -> None:
    """A terminated instance holds nothing but its volumes, and comes back with all bytes."""
    machine, guest = story.machine, story.guest
    with machine.step("shelve", volume=kept["volume"]):
        machine.command("shelve", "shelved_offloaded", SHUTDOWN)
    assert not machine.get()["lifecycle"]["billable"]
    assert not guest.lets_in()
    with machine.step("unshelve", volume=kept["volume"]):
        machine.command("unshelve", "active", START)
        guest.wait_for_login(LOGIN_SECONDS)
    assert guest.checksum("/data/bytes") == kept["bytes"]
    assert guest.checksum("/var/lib/bytes") == kept["root bytes"]


def test_delete(story: Story, member: Client, data: Volumes, kept: dict[str, str]) -> None:
    """With the instance go its port and its root volume; its other volume and address are kept."""
    machine, guest = story.machine, story.guest
    root = story.root_of(machine)
    (address,) = machine.get()["addresses"]
    interface = f"/api/v1/network-interfaces/{address['network_interface_id']}"
    assert member.request("GET", interface).status_code == 200
    with machine.step("delete", root=root, volume=kept["volume"]):
        story.remove(machine.path)
        member.wait_until_gone(f"/api/v1/volumes/{root}", within=60)
    assert member.request("GET", interface).status_code == 404
    assert data.get(kept["volume"])["status"] == "available"
    assert not guest.lets_in()
    story.remove_address(guest.address)
