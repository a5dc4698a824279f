# SPDX-License-Identifier: Apache-2.0
"""The Python environment of the OpenStack services, with exactly pinned versions."""

import hashlib
import os
import shutil
from pathlib import Path

from . import commands
from .deployment import Deployment
from .errors import StandaloneError

PYTHON = "/usr/bin/python3"  # Debian's rados and rbd modules are built for this one
DIST_PACKAGES = Path("/usr/lib/python3/dist-packages")
HERE = Path(__file__).resolve().parents[1]
REQUIREMENTS = HERE / "requirements.txt"
CONSTRAINTS = HERE / "constraints.txt"

SUDO = """#!/bin/sh
# rootwrap calls sudo; everything here runs as one user already
while [ "${1#-}" != "$1" ]; do shift; done
exec "$@"
"""

# A compute host has open-iscsi, which scans for a volume only when it is told to. Without it,
# os-brick locks by the id of the volume's service, and fails if Cinder has not stored that id yet:
# Cinder shows a volume as available before. The Debian package of open-iscsi upgrades systemd.
COMPUTE = """#!{python}
import sys

from nova.cmd.compute import main  # first: it patches what the others import
from os_brick.initiator import utils

utils.ISCSI_SUPPORTS_MANUAL_SCAN = True  # as on a host with open-iscsi
sys.exit(main())
"""


def fingerprint() -> str:
    """A hash of what is to be installed."""
    texts = (REQUIREMENTS.read_bytes(), CONSTRAINTS.read_bytes())
    return hashlib.sha256(b"\0".join(texts)).hexdigest()[:16]


def install(deployment: Deployment) -> str | None:
    """Make the environment, unless the right one is there."""
    venv = deployment.venv
    stamp = venv / "stamp"
    # an environment works only where it was made, and with the Python it was made with
    place = f"{venv} {Path(PYTHON).resolve().name}"
    found = stamp.read_text().splitlines() if stamp.exists() else []
    if found == [place, fingerprint()]:
        return None
    # pip works as its user has configured it, but not inside an environment of his
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    env["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    log = deployment.logs / "pip.log"
    if found[:1] != [place]:
        shutil.rmtree(venv, ignore_errors=True)
        commands.run("python3 -m venv", [PYTHON, "-m", "venv", venv], log, env)
    stamp.write_text(f"{place}\n")  # what is below can be continued if it is interrupted
    pip = [str(venv / "bin/python"), "-m", "pip", "install", "--no-input"]
    pip += ["--requirement", str(REQUIREMENTS), "--constraint", str(CONSTRAINTS)]
    commands.run("pip", pip, log, env)
    stamp.write_text(f"{place}\n{fingerprint()}\n")
    return "Python packages installed"


def link_bindings(deployment: Deployment) -> str | None:
    """Let the environment see Debian's modules of C libraries, and programs of its own."""
    modules = [f"{module}.cpython-*.so" for module in ("rados", "rbd")]
    if deployment.has_guests:
        modules += ["libvirt.py", "libvirtmod.cpython-*.so"]
    for pattern in modules:
        found = sorted(DIST_PACKAGES.glob(pattern))
        if not found:
            message = f"no Debian package has brought {pattern} for {PYTHON}"
            raise StandaloneError(message)
        for site in deployment.venv.glob("lib/python3.*/site-packages"):
            link = site / found[0].name
            if not link.exists():
                link.symlink_to(found[0])
    python = str(deployment.venv / "bin/python")
    for name, text in {"sudo": SUDO, "nova-compute": COMPUTE}.items():
        program, wanted = deployment.shim / name, text.replace("{python}", python)
        if not program.exists() or program.read_text() != wanted:
            program.write_text(wanted)
            program.chmod(0o755)
    return None
