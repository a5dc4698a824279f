# SPDX-License-Identifier: Apache-2.0
"""Every command with every wrong configuration: one line and exit status 2; a reload is refused."""

import logging
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from oslo_config import cfg

from kic_vm import conf as configuration
from kic_vm import deploy
from kic_vm.cmd import api, worker
from tests.unit.cmd.faulty import COMMANDS, FAULTS, LOG_FAULTS, Fault
from tests.unit.personas import SECRET


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """The worker's handlers of signals, within the test."""
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.fixture(autouse=True)
def log(monkeypatch: pytest.MonkeyPatch) -> None:
    """The handlers of the log, which the commands replace, within the test."""
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", list(root.handlers))


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("command", COMMANDS)
def test_start(
    command: str,
    fault: Fault,
    config_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The command names the option or the file, without the password and without a traceback."""
    path = tmp_path / "kic-vm.conf"
    fault.write(path, config_file.read_text())
    main, before, after = COMMANDS[command]
    monkeypatch.setattr(sys, "argv", [command, *before, "--config-file", str(path), *after])
    assert main() == 2
    out, err = capfd.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert line.startswith(f"{command.split(maxsplit=1)[0]}: ")
    assert fault.words in line
    assert SECRET not in line


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_reload_of_gateway(
    fault: Fault, config_file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The first process keeps its configuration, and says why; then it takes the corrected one."""
    path = tmp_path / "kic-vm.conf"
    path.write_text(config_file.read_text())
    arguments = ["--config-file", str(path)]
    conf = configuration.load(arguments)
    server = api.Server(arguments, conf, api.check(conf))
    logging.getLogger().addHandler(caplog.handler)
    path.unlink()
    fault.write(path, config_file.read_text())
    assert not server.read_configuration()
    assert "Reload refused, the present configuration stays" in caplog.text
    assert fault.words in caplog.text
    assert server.load()
    remove(path)
    path.write_text(config_file.read_text())
    assert server.read_configuration()


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_reload_of_worker(
    fault: Fault, config_file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It works on with the state that it has, and says why; then it takes the corrected one."""
    path = tmp_path / "kic-vm.conf"
    arguments = ["--config-file", str(path)]
    reload = worker.Reload(arguments)
    app_state = deploy.load_app_state(configuration.load(config_file=str(config_file)))
    fault.write(path, config_file.read_text())
    reload.requested.set()
    assert reload(app_state) is app_state
    assert fault.words in caplog.text
    remove(path)
    path.write_text(config_file.read_text())
    reload.requested.set()
    assert reload(app_state) is not app_state


@pytest.mark.parametrize("fault", LOG_FAULTS.values(), ids=LOG_FAULTS)
@pytest.mark.parametrize("command", ["kic-vm-api", "kic-vm-worker"])
def test_start_of_log(
    command: str,
    fault: Fault,
    config_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """A log that cannot be written is a wrong configuration, too."""
    path = tmp_path / "kic-vm.conf"
    fault.write(path, config_file.read_text())
    main, before, _after = COMMANDS[command]
    monkeypatch.setattr(sys, "argv", [command, *before, "--config-file", str(path)])
    assert main() == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith(f"{command}: ")
    assert fault.words in line


@pytest.mark.parametrize("fault", LOG_FAULTS.values(), ids=LOG_FAULTS)
def test_reload_of_log(
    fault: Fault, config_file: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The gateway and the worker keep their logs, with all levels and the same form."""
    path = tmp_path / "kic-vm.conf"
    text = f"[DEFAULT]\nuse_stderr = true\n{config_file.read_text()}"
    path.write_text(text)
    arguments = ["--config-file", str(path)]
    conf = configuration.load(arguments)
    server, reload = api.Server(arguments, conf, api.check(conf)), worker.Reload(arguments)
    app_state = deploy.load_app_state(conf)
    fault.write(path, text)
    assert not server.read_configuration()
    reload.requested.set()
    assert reload(app_state) is app_state
    logging.getLogger("kic_vm.cmd").info("It goes on")
    lines = capfd.readouterr().err.splitlines()
    refused = [line for line in lines if "Reload refused" in line]
    assert len(refused) == 2
    assert all(fault.words in line and "kic_vm.cmd" in line for line in refused)
    assert " INFO kic_vm.cmd " in lines[-1]


def remove(path: Path) -> None:
    """Remove what stands in the place of the configuration file, and the policy file."""
    path.with_name("policy.yaml").unlink(missing_ok=True)
    if path.is_dir():
        path.rmdir()
    else:
        path.unlink(missing_ok=True)


def test_worker_after_a_change_of_the_policy(config_file: Path, tmp_path: Path) -> None:
    """A process that replaces one that died starts with the rules that are in force."""
    policy, path = tmp_path / "policy.yaml", tmp_path / "kic-vm.conf"
    policy.write_text('"kic_vm:flavors:list": "!"\n')
    path.write_text(f"{config_file.read_text()}\n[oslo_policy]\npolicy_file = {policy}\n")
    conf = configuration.load(config_file=str(path))
    server = api.Server([], conf, api.check(conf))
    policy.write_text("a: [\nb: }\n")
    assert callable(server.load())


def test_reload_to_an_address_that_cannot_be_used(
    conf: cfg.ConfigOpts, config_file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """gunicorn would end: the server keeps the address that it has."""
    path = tmp_path / "kic-vm.conf"
    path.write_text(f"{config_file.read_text()}\n[api]\nhost = 192.0.2.1\n")
    server = api.Server(["--config-file", str(path)], conf, api.check(conf))
    logging.getLogger().addHandler(caplog.handler)
    assert not server.read_configuration()
    assert "cannot listen on 192.0.2.1:8788" in caplog.text
