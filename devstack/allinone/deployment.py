# SPDX-License-Identifier: Apache-2.0
"""One deployment: its directories, URLs, passwords, and what has been done to it already."""

import ipaddress
import json
import os
import secrets
import shutil
import tempfile
import threading
import uuid
from pathlib import Path

from .errors import StandaloneError
from .settings import Settings

ADDRESS = "127.0.0.1"
REGION = "RegionOne"
COMPUTES = ("kic-compute-1", "kic-compute-2")  # in cell 1
SECOND_CELL_COMPUTES = ("kic-compute-3",)
# what the fake hypervisor's instances have; nothing answers there
UNREACHED_NETWORK = ipaddress.IPv4Network("203.0.113.0/24")
HYPERVISOR = "hypervisor"  # the mark that says which one; without it, the fake one

PASSWORDS = (
    *("identity", "mariadb", "rabbitmq", "admin"),
    *("placement", "glance", "cinder", "neutron", "nova", "kic-vm"),
    *("kic-admin", "kic-member", "kic-member2", "kic-reader", "kic-other", "kic-operator"),
)

# unix socket paths end at 107 characters; the longest name below is ceph-mon.a.<pid>.asok
LONGEST_SOCKET_DIRECTORY = 75


class Deployment:
    """Everything the services need to know about each other. One per data directory."""

    def __init__(self, settings: Settings) -> None:
        """Know where everything is; nothing is made yet."""
        self.settings = settings
        self.ports = settings.ports
        self.home = settings.data
        self.venv = self.home / "venv"
        self.shim = self.home / "bin"
        self.state = self.home / "state"
        self.etc = self.home / "etc"
        self.data = self.home / "data"
        self.logs = self.home / "log"
        self._passwords: dict[str, str] = {}
        self._passwords_lock = threading.Lock()  # the first who ask may be several steps at once

    # ------------------------------------------------------------ directories
    def create(self) -> None:
        """Make the directories and the passwords, if they are not there yet."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.home.chmod(0o700)
        for directory in (self.shim, self.state, self.etc, self.data, self.logs):
            directory.mkdir(exist_ok=True)
        self.sockets.mkdir(mode=0o700, exist_ok=True)

    @property
    def sockets(self) -> Path:
        """A directory whose path is short enough for unix sockets; made when first asked for."""
        if len(str(self.home / "sockets")) <= LONGEST_SOCKET_DIRECTORY:
            return self.home / "sockets"
        note = self.state / "sockets"
        if note.exists() and (found := Path(note.read_text())).is_dir():
            return found
        made = Path(tempfile.mkdtemp(prefix="kic-vm-", dir="/tmp"))
        write_private(note, str(made))
        return made

    def remove_sockets(self) -> None:
        """Remove the socket directory and everything temporary in it."""
        note = self.state / "sockets"
        if note.exists():
            shutil.rmtree(note.read_text(), ignore_errors=True)
            note.unlink()
        shutil.rmtree(self.home / "sockets", ignore_errors=True)

    def remove_data(self) -> None:
        """Remove everything but the installed environment and the settings."""
        self.remove_sockets()
        for directory in (self.state, self.etc, self.data, self.logs):
            shutil.rmtree(directory, ignore_errors=True)
        self._passwords.clear()

    # ------------------------------------------------------------ hypervisor
    @property
    def has_guests(self) -> bool:
        """Whether its instances are real guests of libvirt, not those of the fake hypervisor."""
        return self.mark(HYPERVISOR) == "libvirt"

    @property
    def computes(self) -> tuple[str, ...]:
        """The compute hosts of all cells.

        All real guests are on one, because one libvirtd is one host.
        """
        first = COMPUTES[:1] if self.has_guests else COMPUTES
        return first + (SECOND_CELL_COMPUTES if self.has_second_cell else ())

    @property
    def public_network(self) -> ipaddress.IPv4Network:
        """The network of the public IPs; with real guests the machine itself is in it."""
        return self.settings.public_network if self.has_guests else UNREACHED_NETWORK

    def choose_hypervisor(self, *, guests: bool) -> None:
        """Note at the first `up` which hypervisor there is; later it stays the same.

        :raises StandaloneError: guests are asked for, and the fake hypervisor has been chosen
        """
        if guests and not self.has_guests and (self.state / "done").is_dir():
            raise StandaloneError(
                f"{self.home} has been made without real guests, and the hypervisor of its"
                " instances cannot be changed. Choose another directory with"
                " KIC_VM_STANDALONE_DIR, or remove all data with `reset` before `up --guests`."
            )
        if guests:
            self.set_mark(HYPERVISOR, "libvirt")

    # ------------------------------------------------------------ identity and passwords
    @property
    def identity(self) -> str:
        """A random word that marks the processes of this deployment in their environment."""
        return self.password("identity")

    def password(self, who: str) -> str:
        """The password of a user of this deployment, made up when first asked for."""
        with self._passwords_lock:
            if not self._passwords:
                path = self.state / "passwords.json"
                if path.exists():
                    self._passwords = json.loads(path.read_text())
                if set(PASSWORDS) - self._passwords.keys():
                    made = {name: secrets.token_hex(16) for name in PASSWORDS}
                    self._passwords = made | self._passwords
                    write_private(path, json.dumps(self._passwords, indent=1))
        return self._passwords[who]

    def uuid(self, what: str) -> str:
        """A UUID made up once for this deployment."""
        path = self.state / f"uuid-{what}"
        if not path.exists():
            write_private(path, str(uuid.uuid4()))
        return path.read_text()

    # ------------------------------------------------------------ marks
    def mark(self, what: str) -> str | None:
        """What was noted when this was done, or None if it was not done yet."""
        path = self.state / "done" / what
        return path.read_text() if path.exists() else None

    def set_mark(self, what: str, note: str = "") -> None:
        """Note that something has been done."""
        path = self.state / "done" / what
        write_private(path, note)

    def remove_mark(self, what: str) -> None:
        """Forget that something has been done."""
        (self.state / "done" / what).unlink(missing_ok=True)

    # ------------------------------------------------------------ cells
    @property
    def has_second_cell(self) -> bool:
        """Whether Nova has a second cell; one that was made stays."""
        return self.settings.cells > 1 or self.mark("cell2") is not None

    # ------------------------------------------------------------ addresses
    def url(self, service: str) -> str:
        """The public URL of an API, as it stands in the service catalog."""
        path = {"keystone": "/v3", "nova": "/v2.1", "cinder": "/v3"}.get(service, "")
        return f"http://{ADDRESS}:{self.ports[service]}{path}"

    def database_url(self, database: str, user: str = "openstack") -> str:
        """The SQLAlchemy URL of a database."""
        login = f"{user}:{self.password('mariadb')}@{ADDRESS}:{self.ports['mariadb']}"
        return f"mysql+pymysql://{login}/{database}?charset=utf8"

    @property
    def transport_url(self) -> str:
        """The oslo.messaging URL."""
        login = f"openstack:{self.password('rabbitmq')}@{ADDRESS}:{self.ports['rabbitmq']}"
        return f"rabbit://{login}/"

    @property
    def ovsdb(self) -> str:
        """Where Open vSwitch's and OVN's databases answer."""
        return f"unix:{self.sockets}/db.sock"

    # ------------------------------------------------------------ environment
    def environment(self, **more: str) -> dict[str, str]:
        """The environment of every program of this deployment: nothing of the caller's."""
        return {
            "PATH": f"{self.shim}:{self.venv}/bin:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin",
            "HOME": str(self.data),
            "LANG": "C.UTF-8",
            "TMPDIR": str(self.sockets),
            "MALLOC_ARENA_MAX": "2",
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "ignore",
            "OVS_RUNDIR": str(self.sockets),
            "OVS_DBDIR": str(self.data / "ovn"),
            "OVS_LOGDIR": str(self.logs),
            "OVN_RUNDIR": str(self.sockets),
            "OVN_DBDIR": str(self.data / "ovn"),
            "OVN_LOGDIR": str(self.logs),
            "CEPH_CONF": str(self.etc / "ceph.conf"),
            **more,
        }


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, in one step.

    Steps run side by side, so whoever reads the file meanwhile must find the old text or the new
    one, never the beginning of it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        stream.write(text)
    new.replace(path)
