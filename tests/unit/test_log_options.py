# SPDX-License-Identifier: Apache-2.0
"""Logs in JSON, and a log that cannot be written."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from oslo_config import cfg

from kic_vm import conf as configuration
from kic_vm.conf import logs

ETC = Path(__file__).parents[2] / "etc/kic-vm"


def test_logging_sample(config_file: Path, tmp_path: Path) -> None:
    """With it every line is JSON; the process is one of its own, for it has one log only."""
    program = (
        "from kic_vm import conf; from kic_vm.conf import logs; import logging, sys\n"
        "logs.setup(conf.load(sys.argv[1:]))\n"
        "logging.getLogger('kic_vm.any').info('count=%(count)d', {'count': 3})\n"
    )
    more = tmp_path / "more.conf"
    more.write_text(f"[DEFAULT]\nlog_config_append = {ETC / 'logging.conf.sample'}\n")
    files: list[str | Path] = ["--config-file", config_file, "--config-file", more]
    command: list[str | Path] = [sys.executable, "-c", program, *files]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    line = json.loads(done.stderr)
    assert (line["message"], line["args"], line["name"]) == ("count=3", {"count": 3}, "kic_vm.any")


def test_json_log(config_file: Path) -> None:
    """One option makes every line JSON, with the level, the logger and the message."""
    program = (
        "from kic_vm import conf; from kic_vm.conf import logs; import logging, sys\n"
        "logs.setup(conf.load(sys.argv[1:]))\n"
        "logging.getLogger('kic_vm.any').info('count=%(count)d', {'count': 3})\n"
    )
    command: list[str | Path] = [
        sys.executable,
        "-c",
        program,
        "--config-file",
        config_file,
        "--use-json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    line = json.loads(done.stdout or done.stderr)
    assert (line["message"], line["levelname"], line["name"]) == ("count=3", "INFO", "kic_vm.any")


@pytest.mark.parametrize(
    ("option", "value"),
    [("log_config_append", "nowhere.conf"), ("log_file", "nowhere/kic-vm.log")],
)
def test_log_that_cannot_be_written(tmp_path: Path, option: str, value: str) -> None:
    """It stops the start, and the option is named."""
    path = tmp_path / "kic-vm.conf"
    path.write_text(f"[DEFAULT]\n{option} = {tmp_path / value}\n")
    with pytest.raises(cfg.Error, match=option):
        logs.setup(configuration.load(["--config-file", str(path)]))


def test_messages_before_the_log(config_file: Path) -> None:
    """They are in the log, in its form, once it is set up."""
    program = (
        "from kic_vm import conf; from kic_vm.conf import logs; import logging, sys, warnings\n"
        "with logs.held_back():\n"
        "    logging.getLogger('kic_vm.any').warning('early')\n"
        "    warnings.warn('this is old')\n"
        "    logs.setup(conf.load(sys.argv[1:]))\n"
    )
    command: list[str | Path] = [sys.executable, "-c", program, "--config-file", config_file]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    early, old, *_source = done.stdout.splitlines()
    assert " WARNING kic_vm.any " in early
    assert early.endswith("early")
    assert " WARNING py.warnings " in old
    assert old.endswith("this is old")
    assert done.stderr == ""
