# SPDX-License-Identifier: Apache-2.0
"""Projects for the guides, and the programs that their commands need."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import openstack
import pytest

from tests.functional.client import Client, Gateway
from tests.functional.following import begin, workers
from tests.functional.guides.project import Project
from tests.functional.standalone import connect

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "devstack"))

from allinone import debian

PACKAGES = ("curl", "jq", "openssh-client", "gdisk", "fdisk", "cloud-guest-utils", "e2fsprogs")

Connect = Callable[[str], openstack.connection.Connection]


@pytest.fixture(scope="session", autouse=True)
def _programs(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The Debian packages that the commands come from; only root can install them."""
    directory = tmp_path_factory.mktemp("packages")
    debian.install(PACKAGES, directory / "journal", directory / "log")


# Other tests need the cloud without a follower.
@pytest.fixture(scope="package", autouse=True)
def _follower(
    standalone: Path, gateway: Gateway, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """A worker that records the events."""
    with workers(standalone / "kic-vm.conf", tmp_path_factory.mktemp("follower")) as start:
        start()
        begin(Client(gateway.url, connect("kic-member").auth_token))
        yield


@pytest.fixture(scope="module")
def project(gateway: Gateway, cloud: Connect) -> Iterator[Project]:
    """The project of the guides' reader, a colleague and the project's admin."""
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
