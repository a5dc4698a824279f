# SPDX-License-Identifier: Apache-2.0
"""kic-vm-api, as far as it needs no OpenStack."""

import contextlib
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest


def start(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kic_vm.cmd.api", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={key: value for key, value in os.environ.items() if key != "KIC_VM_CONFIG"},
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "auth_type"),
        ("[api]\nport = many\n", "port"),
    ],
)
def test_configuration_that_cannot_work(tmp_path: Path, content: str, sentence: str) -> None:
    """The start is refused with one sentence that names the option, and no traceback."""
    file = tmp_path / "kic-vm.conf"
    file.write_text(content)
    result = start("--config-file", str(file))
    assert result.returncode == 2
    assert sentence in result.stderr
    assert result.stderr.startswith("kic-vm-api: ")
    assert "Traceback" not in result.stderr


def test_configuration_that_is_missing(tmp_path: Path) -> None:
    """The file is named."""
    result = start("--config-file", str(tmp_path / "nowhere.conf"))
    assert result.returncode == 2
    assert "nowhere.conf" in result.stderr


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("[api]\nport = {port}", "[api] host and port: cannot listen on 127.0.0.1:{port}: Address"),
        ("[api]\nhost = 192.0.2.1", "[api] host and port: cannot listen on 192.0.2.1:8788: "),
        ("[api]\nhost = nowhere.invalid", "[api] host and port: cannot listen on nowhere.invalid"),
        (
            "[api]\nport = {free}\n[metrics]\nport = {port}",
            "[metrics] host and port: cannot listen on 127.0.0.1:{port}: Address already in use",
        ),
        ("[oslo_policy]\npolicy_file = {directory}", "[oslo_policy] policy_file: "),
        ("[audit]\nenabled = true\nmap_file = {directory}/nowhere", "[audit] map_file: "),
        ("[audit]\nenabled = true\nmap_file = {directory}", "[audit] map_file: "),
        ("[audit]\nenabled = true\nmap_file = {directory}/broken", "[audit] map_file: "),
        ("[api]\nport = {free}\n[DEFAULT]\nlog_config_append = {directory}/broken", "log_config_"),
    ],
)
def test_start_that_fails(config_file: Path, tmp_path: Path, section: str, words: str) -> None:
    """There is one line, and nothing of what the libraries log before the log is set up."""
    (tmp_path / "broken").write_text("[path_keywords\nnonsense")
    with (
        contextlib.closing(socket.create_server(("127.0.0.1", 0))) as used,
        contextlib.closing(socket.create_server(("127.0.0.1", 0))) as unused,
    ):
        names = {"port": used.getsockname()[1], "free": unused.getsockname()[1]}
        unused.close()
        names["directory"] = str(tmp_path)
        file = tmp_path / "kic-vm.conf"
        file.write_text(section.format(**names))
        result = start("--config-file", str(config_file), "--config-file", str(file))
    (line,) = result.stderr.splitlines()
    assert line.startswith("kic-vm-api: ")
    assert words.format(**names) in line
    assert (result.returncode, result.stdout) == (2, "")


def test_metrics_can_be_put_together() -> None:
    """prometheus_client looks for the directory of the processes when it is imported: not yet."""
    program = "import sys, kic_vm.cmd.api; print('prometheus_client' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
