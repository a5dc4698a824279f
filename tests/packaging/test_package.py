# SPDX-License-Identifier: Apache-2.0
"""The wheel and the source distribution, installed where nothing of this tree is."""

import json
import os
import signal
import socket
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
COMMANDS = ("kic-vm-api", "kic-vm-manage", "kic-vm-status", "kic-vm-worker")
TABLES = ("instance_states.yaml", "volume_states.yaml")
LOGIN = """
auth_type = password
auth_url = http://127.0.0.1:9/v3
username = kic-vm
password = none
project_name = service
user_domain_name = Default
project_domain_name = Default
"""


def samples() -> list[Path]:
    """The sample files, below etc/kic-vm."""
    directory = TOP / "etc/kic-vm"
    return [path.relative_to(directory) for path in directory.rglob("*") if path.is_file()]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the source distribution is, and the wheel that was made of it."""
    directory = tmp_path_factory.mktemp("dist")
    command: list[str | Path] = [sys.executable, "-m", "build", "--outdir", directory, TOP]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return directory


@pytest.fixture(scope="session")
def wheel(built: Path) -> Path:
    (found,) = built.glob("kic_vm-*.whl")
    return found


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel and what it needs, in the tested versions."""
    venv = tmp_path_factory.mktemp("installed") / "venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    pip: list[str | Path] = [
        venv / "bin/python",
        "-m",
        "pip",
        "--quiet",
        "--disable-pip-version-check",
    ]
    subprocess.run([*pip, "install", "-c", TOP / "constraints.txt", wheel], check=True)
    subprocess.run([*pip, "check"], check=True)
    return venv


def run(installed: Path, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run an installed command, outside of the tree and with nothing of this environment."""
    return subprocess.run(
        [installed / "bin" / command, *arguments],
        cwd=installed.parent,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_source_distribution(built: Path) -> None:
    """It has the sources, the tests and the documentation."""
    (archive,) = built.glob("kic_vm-*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    assert {
        "README.rst",
        "LICENSE",
        "constraints.txt",
        "tox.ini",
        "doc/source/user/lifecycle.rst",
    } <= names
    assert {f"kic_vm/lifecycle/{table}" for table in TABLES} <= names
    assert {f"etc/kic-vm/{name}" for name in samples()} <= names
    assert "tests/unit/test_configuration.py" in names


def test_wheel(wheel: Path) -> None:
    """It has the package with its tables, and neither tests nor devstack."""
    with zipfile.ZipFile(wheel) as opened:
        names = opened.namelist()
    assert {f"kic_vm/lifecycle/{table}" for table in TABLES} <= set(names)
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.startswith("kic_vm-")} == {"kic_vm"}


def test_samples(installed: Path) -> None:
    """The samples are installed as they stand in the tree."""
    for name in samples():
        path = TOP / "etc/kic-vm" / name
        assert (installed / "etc/kic-vm" / name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("command", COMMANDS)
def test_help(installed: Path, command: str) -> None:
    """Each command runs and says how to use it."""
    done = run(installed, command, "--help")
    assert done.returncode == 0, done.stderr
    assert command in done.stdout


def test_tables(installed: Path) -> None:
    """The lifecycle tables are found where they are installed."""
    done = run(installed, "kic-vm-manage", "lifecycle", "--format", "json")
    assert len(json.loads(done.stdout)["instance_states"]) == 26


def test_serving(installed: Path, tmp_path: Path) -> None:
    """The gateway starts with a configuration, answers, and stops without an error."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    path = tmp_path / "kic-vm.conf"
    path.write_text(
        f"[api]\nport = {port}\n[keystone_authtoken]{LOGIN}service_type = kic-vm\n"
        f"[service_user]{LOGIN}"
    )
    environ = {"PATH": "/usr/bin:/bin", "HOME": os.environ.get("HOME", "/")}
    process = subprocess.Popen(
        [installed / "bin/kic-vm-api", "--config-file", path], cwd=tmp_path, env=environ
    )
    try:
        assert answer(f"http://127.0.0.1:{port}/healthcheck", process) == {"status": "ok"}
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0


def answer(url: str, process: "subprocess.Popen[bytes]") -> object:
    """What is answered, as soon as there is an answer."""
    end = time.monotonic() + 60
    while True:
        assert process.poll() is None, "the gateway has ended"
        assert time.monotonic() < end, "the gateway does not answer"
        try:
            with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310
                return json.loads(response.read())
        except urllib.error.URLError:
            time.sleep(0.2)
