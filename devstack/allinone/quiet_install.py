# SPDX-License-Identifier: Apache-2.0
"""While packages are installed, nothing starts; afterwards the machine is as it was before.

Debian asks /usr/sbin/policy-rc.d before it starts a service, so one that says no stands there
during the installation. Packages also *enable* their services for the next boot: the links that
appeared meanwhile are taken back. What has to be undone is written down before it is done, so
that it can be undone even after this program was killed.
"""

import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import commands
from .deployment import write_private

POLICY = Path("/usr/sbin/policy-rc.d")
SAVED = Path("/usr/sbin/policy-rc.d.before-kic-vm")
REFUSAL = "#!/bin/sh\n# kic-vm: no service starts while its packages are installed\nexit 101\n"
DPKG_LOCK = Path("/var/lib/dpkg/lock-frontend")
SYSTEMD = (Path("/etc/systemd/system"), Path("/etc/systemd/user"))
RC_LINK = re.compile(r"/etc/rc.\.d/S\d\d(.+)")


@contextmanager
def nothing_starts(journal: Path, log: Path) -> Iterator[None]:
    """No package starts or enables a service inside this context."""
    # one installation at a time on this machine; a lock on a directory leaves no trace
    directory = os.open(POLICY.parent, os.O_RDONLY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        recover(journal, log)
        write_private(journal, json.dumps(_enabled()))
        if os.path.lexists(POLICY):
            POLICY.rename(SAVED)
        new = POLICY.with_name("policy-rc.d.kic-vm")
        new.write_text(REFUSAL)
        new.chmod(0o755)
        new.rename(POLICY)
        try:
            yield
        finally:
            _undo(journal, log)
    finally:
        os.close(directory)


def recover(journal: Path, log: Path) -> bool:
    """Undo what a killed installation left behind; whether there was something to undo."""
    if not journal.exists():
        return False
    with DPKG_LOCK.open("a") as stream:  # its apt-get may have outlived it
        fcntl.lockf(stream, fcntl.LOCK_EX)
        _undo(journal, log)
    return True


def _undo(journal: Path, log: Path) -> None:
    if os.path.lexists(SAVED):
        SAVED.rename(POLICY)
    elif POLICY.is_file() and POLICY.read_text() == REFUSAL:
        POLICY.unlink()
    before = set(json.loads(journal.read_text()))
    _disable([link for link in _enabled() if link not in before], log)
    journal.unlink()


def _enabled() -> list[str]:
    links = _rc_links()
    for top in SYSTEMD:
        links += [str(link) for link in top.rglob("*") if link.is_symlink()]
    return links


def _rc_links() -> list[str]:
    return [str(link) for link in Path("/etc").glob("rc[0-6S].d/S*")]


def _disable(links: list[str], log: Path) -> None:
    scripts = set()
    for link in map(Path, links):
        if match := RC_LINK.fullmatch(str(link)):
            scripts.add(match.group(1))
            continue
        link.unlink()
        if link.parent not in SYSTEMD and not any(link.parent.iterdir()):
            link.parent.rmdir()
    env = {**os.environ, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    for script in sorted(scripts):
        argv = ["update-rc.d", script, "disable"]
        commands.run("update-rc.d", argv, log, env, finish=True)
    if links and Path("/run/systemd/system").is_dir():
        commands.run("systemctl", ["systemctl", "daemon-reload"], log, env, finish=True)
