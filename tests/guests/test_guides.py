# SPDX-License-Identifier: Apache-2.0
"""The guides' commands that need a real guest, in their places among all the others."""

import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import openstack
import pytest

from tests.functional.client import Client, Gateway
from tests.functional.guides.project import Project
from tests.functional.guides.shell import run
from tests.guests.guest import OPTIONS, PATIENCE
from tests.guests.story import IMAGE, LOGIN_SECONDS
from tests.guides import LANGUAGES, PREPARATION, Block, Kind, blocks, page

Connect = Callable[[str], openstack.connection.Connection]

READER = "guide-reader"
READER_SCRIPT = Path(__file__).with_name("reader.sh")
LOCAL = "Requires an instance that really boots"  # such commands are not typed in the guest
# manage-instances has no commands for a guest, and those of gpu-types need a GPU.
NAMES = (
    "create-and-connect",
    "keypairs",
    "volumes-and-snapshots",
    "extend-filesystem",
    "images-and-sharing",
    "root-volume-gpt",
)
LIMIT = int(3600 * PATIENCE)  # seconds for a guide
FAILED = re.compile(r"^failed: (.*)", re.MULTILINE)

# What each file system of a data volume makes of extend-filesystem: the commands that are the
# other one's, and what its reader has done with the empty volume before.
NOT_FOR = {"ext4": "xfs_growfs", "xfs": "resize2fs /dev/vdb"}
EMPTY_VOLUME = '{"size": 1, "is_delete_on_termination": true}'
FORMAT = {
    "ext4": "sudo mkfs.ext4 -q /dev/vdb\n",
    # It becomes a root directory too, with the programs of the real one, whose own is ext4.
    "xfs": """\
sudo mkfs.xfs -q /dev/vdb
sudo mkdir /data
sudo mount /dev/vdb /data
sudo cp -d /bin /sbin /lib /lib64 /data
sudo mkdir /data/usr /data/dev /data/proc
for directory in usr dev proc; do sudo mount --bind /$directory /data/$directory; done
""",
}
ROOT_ON_XFS = ("sudo xfs_growfs /\n", "sudo chroot /data xfs_growfs /\n")


@pytest.fixture(scope="module")
def project(gateway: Gateway, cloud: Connect) -> Iterator[Project]:
    """The project of the reader, a colleague and the project's admin."""
    people = {
        "kic-member": ("member",),
        "kic-member2": ("member",),
        "kic-admin": ("manager", "member", "reader"),
    }
    made = Project(gateway.url, cloud, people)
    yield made
    made.remove()


@pytest.fixture(scope="module")
def neighbour(gateway: Gateway, cloud: Connect) -> Iterator[Project]:
    """Another project, with which images are shared."""
    made = Project(gateway.url, cloud, {"kic-other": ("member",)})
    yield made
    made.remove()


@pytest.fixture
def key(project: Project, gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reader's own key, and a security group that lets ssh in; they go with the guide."""
    path = tmp_path_factory.mktemp("reader") / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    member = Client(gateway.url, project.token("kic-member"))
    public = path.with_suffix(".pub").read_text().strip()
    body = {"keypair": {"name": READER, "public_key": public}}
    assert member.request("POST", "/api/v1/keypairs", json=body).status_code == 201
    made = member.request(
        "POST", "/api/v1/security-groups", json={"security_group": {"name": READER}}
    )
    group = made.json()["security_group"]["id"]
    for direction in ("ingress", "egress"):
        rule = {"direction": direction, "protocol": "ALL", "remote_ip_prefix": "0.0.0.0/0"}
        body = {"security_group_rule": rule}
        path_of_rules = f"/api/v1/security-groups/{group}/rules"
        assert member.request("POST", path_of_rules, json=body).status_code == 201
    return path


@pytest.fixture
def environment(
    gateway: Gateway, project: Project, neighbour: Project, key: Path, cloud: Connect
) -> Iterator[dict[str, str]]:
    """What the reader sets, and what takes the reader's place; nothing stays after a guide."""
    credential = project.credential("kic-member")
    (public,) = cloud("kic-member").network.subnets(name="public-v4")
    yield {
        "KIC": gateway.url,
        "CREDENTIAL_ID": credential["id"],
        "CREDENTIAL_SECRET": credential["secret"],
        "ADMIN_TOKEN": project.token("kic-admin"),
        "COLLEAGUE_TOKEN": project.token("kic-member2"),
        "OTHER_TOKEN": neighbour.token("kic-other"),
        "MY_ADDRESS": f"{public.gateway_ip}/32",
        "ROOT_SIZE": "3",
        "READER": READER,
        "READERS_KEY": str(key),
        "READERS_ADMIN_TOKEN": project.token("kic-admin"),
        "GUEST_USER": "debian",
        "LOGIN_SECONDS": str(int(LOGIN_SECONDS)),
    }
    for one in (project, neighbour):
        one.empty(within=300 * PATIENCE)


@pytest.mark.parametrize("name", NAMES)
def test_guide(name: str, environment: dict[str, str], tmp_path: Path) -> None:
    """From the first command to the last, all work; both languages have the same."""
    english, korean = (blocks(page(language, name)) for language in LANGUAGES)
    assert [block.commands for block in english] == [block.commands for block in korean]
    for block, printed in play(english, environment, tmp_path, "ext4"):
        assert FAILED.findall(printed) == [], f"{block.commands}\n{printed}"
        if block.caption == LOCAL:
            assert "logged in as debian" in printed


def test_xfs(environment: dict[str, str], tmp_path: Path) -> None:
    """The commands for XFS let a data volume grow, and what is mounted at the root."""
    guide = blocks(page("en", "extend-filesystem"))
    for block, printed in play(guide, environment, tmp_path, "xfs"):
        assert FAILED.findall(printed) == [], f"{block.commands}\n{printed}"
        if block.commands == ROOT_ON_XFS[0]:
            assert "data blocks changed" in printed


def play(
    guide: list[Block], environment: dict[str, str], directory: Path, file_system: str
) -> list[tuple[Block, str]]:
    """The blocks of a guide, each with what it prints."""
    script = [block for block in blocks(page("en", PREPARATION)) if block.kind is Kind.SHELL]
    reader = f"SSH_OPTIONS=({' '.join(OPTIONS)})\n" + READER_SCRIPT.read_text()
    script.append(Block(0, Kind.SHELL, "reader.sh", reader))
    places: list[tuple[Block, int]] = []
    for block in guide:
        if block.kind is Kind.VALUES or NOT_FOR[file_system] in block.commands:
            continue
        places.append((block, len(script)))
        script.append(replace(block, commands=as_run(block)))
        if EMPTY_VOLUME in block.commands:
            script.append(replace(block, commands=in_guest(FORMAT[file_system])))
    printed = run(script, environment, directory, limit=LIMIT)
    return [(block, printed[place]) for block, place in places]


def as_run(block: Block) -> str:
    """A block's commands, with the image that there is, where the reader types them."""
    commands = block.commands.replace("ubuntu-24.04", IMAGE).replace("ubuntu@", "debian@")
    if block.kind is Kind.SHELL:
        return commands
    if block.caption == LOCAL:
        return f"public_ip\n{commands}"
    return in_guest(commands.replace(*ROOT_ON_XFS))


def in_guest(commands: str) -> str:
    """Commands that are typed in the guest."""
    return f"in_guest <<'END_OF_GUEST'\n{commands}END_OF_GUEST\n"
