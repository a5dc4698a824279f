# SPDX-License-Identifier: Apache-2.0
"""An installation leaves the machine as it was."""

import contextlib
from pathlib import Path

import pytest
from allinone import commands, quiet_install


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine's directories somewhere else."""
    for directory in ("sbin", "systemd/multi-user.target.wants"):
        (tmp_path / directory).mkdir(parents=True)
    monkeypatch.setattr(quiet_install, "POLICY", tmp_path / "sbin/policy-rc.d")
    monkeypatch.setattr(quiet_install, "SAVED", tmp_path / "sbin/policy-rc.d.before-kic-vm")
    monkeypatch.setattr(quiet_install, "DPKG_LOCK", tmp_path / "lock-frontend")
    monkeypatch.setattr(quiet_install, "SYSTEMD", (tmp_path / "systemd",))
    monkeypatch.setattr(quiet_install, "_rc_links", list)
    monkeypatch.setattr(commands, "run", lambda *_args, **_more: None)
    (tmp_path / "systemd/multi-user.target.wants/ssh.service").symlink_to("/lib/ssh.service")
    return tmp_path


def links(machine: Path) -> set[str]:
    return {path.name for path in (machine / "systemd").rglob("*.service")}


def test_policy_of_the_machine_comes_back_unchanged(machine: Path) -> None:
    """Bytes, mode and time are those from before."""
    policy = machine / "sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 0\n")
    policy.chmod(0o751)
    before = policy.stat()
    with quiet_install.nothing_starts(machine / "journal", machine / "log"):
        assert "exit 101" in policy.read_text()
        assert policy.stat().st_mode & 0o111
    assert policy.read_text() == "#!/bin/sh\nexit 0\n"
    after = policy.stat()
    assert (after.st_ino, after.st_mode, after.st_mtime_ns) == (
        before.st_ino,
        before.st_mode,
        before.st_mtime_ns,
    )


def test_no_policy_is_left_where_there_was_none(machine: Path) -> None:
    """Also when the installation fails."""
    with (
        pytest.raises(RuntimeError),
        quiet_install.nothing_starts(machine / "journal", machine / "log"),
    ):
        raise RuntimeError
    assert list((machine / "sbin").iterdir()) == []
    assert not (machine / "journal").exists()


def test_services_that_the_installation_enabled_are_disabled(machine: Path) -> None:
    """Links from before stay; directories that were made for links go."""
    with quiet_install.nothing_starts(machine / "journal", machine / "log"):
        (machine / "systemd/multi-user.target.wants/redis.service").symlink_to("/lib/redis")
        (machine / "systemd/ceph.target.wants").mkdir()
        (machine / "systemd/ceph.target.wants/mon.service").symlink_to("/lib/mon")
        (machine / "systemd/redis-alias.service").symlink_to("/lib/redis")
    assert links(machine) == {"ssh.service"}
    assert not (machine / "systemd/ceph.target.wants").exists()


def test_installation_that_was_killed_is_undone_later(machine: Path) -> None:
    """The journal knows what was there before."""
    context = quiet_install.nothing_starts(machine / "journal", machine / "log")
    context.__enter__()  # and never left, as after a kill -9
    (machine / "systemd/redis.service").symlink_to("/lib/redis")
    assert quiet_install.recover(machine / "journal", machine / "log")
    assert links(machine) == {"ssh.service"}
    assert list((machine / "sbin").iterdir()) == []
    assert not quiet_install.recover(machine / "journal", machine / "log")
    with contextlib.suppress(FileNotFoundError):
        context.gen.close()
