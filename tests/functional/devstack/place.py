# SPDX-License-Identifier: Apache-2.0
"""A DevStack in a directory of its own, whose OpenStack is the standalone one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

HERE = Path(__file__).parent
TOP = HERE.parents[2]
SERVICES = ("kic-vm-api", "kic-vm-worker")
PHASES = ("pre-install", "install", "post-config", "extra", "test-config")


class Place:
    """DevStack's tree, its destination, and all that the plugin writes."""

    def __init__(self, root: Path, devstack: Path, standalone: Path) -> None:
        self.root = root
        self.clouds = root / "etc/openstack/clouds.yaml"
        self.conf_dir = root / "etc/kic-vm"
        self._systemd = root / "systemd"
        self._keystone = ""
        shutil.copytree(devstack, root / "devstack", ignore=shutil.ignore_patterns(".git"))
        for directory in ("etc/openstack", "systemd", "bin", "opt/logs", "opt/requirements"):
            (root / directory).mkdir(parents=True)
        (root / "opt/kic-vm").symlink_to(TOP)
        # OpenStack's own names some of what kic-vm needs, and leaves the rest open.
        (root / "opt/requirements/upper-constraints.txt").write_text(
            "Flask===3.1.3\noslo.config===10.7.0\nPyYAML===6.0.3\n"
        )
        shutil.copy(HERE / "systemctl.py", root / "bin")
        (root / "bin/openstack").symlink_to(standalone / "venv/bin/openstack")
        (root / "bin/python").symlink_to(sys.executable)

    def configure(self, administrator: dict[str, str], **localrc: object) -> None:
        """Write localrc, and the clouds by which DevStack works in Keystone."""
        self._keystone = administrator["auth_url"]
        known = {
            "STACK_USER": subprocess.check_output(["id", "-un"], text=True).strip(),
            "DEST": self.root / "opt",
            "DATA_DIR": self.root / "opt/data",
            "DEVSTACK_VENV": sys.prefix,
            "HOST_IP": "127.0.0.1",
            "SERVICE_LISTEN_ADDRESS": "127.0.0.1",
            "SERVICE_PASSWORD": "secret-service",
            "ADMIN_PASSWORD": "secret-admin",
            "ENABLED_SERVICES": "key,n-api,g-api,c-api,c-vol,q-svc",
            "CINDER_ENABLED_BACKENDS": "ceph:SSD,lvm:slow",
            "KIC_VM_CONF_DIR": self.conf_dir,
        }
        lines = [f"{name}='{value}'\n" for name, value in (known | localrc).items()]
        # By another name than the directory's: nothing is cloned.
        lines.append(f"enable_plugin kic-vm file://{TOP}\n")
        (self.root / "devstack/localrc").write_text("".join(lines))
        cloud = {"region_name": "RegionOne", "auth": administrator}
        names = ("devstack-admin", "devstack-system-admin")
        self.clouds.write_text(yaml.safe_dump({"clouds": dict.fromkeys(names, cloud)}))

    def run(self, mode: str, *phases: str) -> None:
        """Run phases as stack.sh, unstack.sh or clean.sh do."""
        log = self.root / f"{mode}.log"
        kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
        with log.open("w") as output:
            done = subprocess.run(
                ["bash", HERE / "phases.sh", mode, *phases],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=600,
                check=False,
                env=kept
                | {
                    "PATH": f"{self.root / 'bin'}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
                    "PLACE": str(self.root),
                    "STANDALONE_KEYSTONE": self._keystone,
                    "OS_CLIENT_CONFIG_FILE": str(self.clouds),
                },
            )
        assert done.returncode == 0, f"{mode} failed:\n{log.read_text()[-6000:]}{self.logs()}"

    def read(self, name: str) -> list[str]:
        """The lines of a file, if it is there."""
        path = self.root / name
        return path.read_text().splitlines() if path.exists() else []

    def logs(self) -> str:
        """What the services have said last."""
        return "".join(
            f"\n{path.name}:\n{path.read_text()[-3000:]}" for path in self._systemd.glob("*.log")
        )

    def unit(self, service: str, suffix: str = ".service") -> Path:
        """A file of a service."""
        return (self._systemd / f"devstack@{service}.service").with_suffix(suffix)

    def running(self) -> list[str]:
        """Command lines of all processes that have to do with this place."""
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if str(self.root) in line:
                found.append(line)
        return found
