# SPDX-License-Identifier: Apache-2.0
"""Directories, passwords and marks of a deployment."""

from pathlib import Path

from allinone import cli, settings
from allinone.deployment import Deployment
from allinone.templates import DIRECTORY, render


def test_passwords_are_random_private_and_kept(deployment: Deployment, tmp_path: Path) -> None:
    """Two deployments never share a password, one never loses it."""
    again = Deployment(deployment.settings)
    other = Deployment(settings.load({"KIC_VM_STANDALONE_DIR": str(tmp_path / "other")}))
    other.create()
    assert again.password("nova") == deployment.password("nova") != deployment.password("glance")
    assert other.password("nova") != deployment.password("nova")
    other.remove_sockets()
    assert (deployment.state / "passwords.json").stat().st_mode & 0o777 == 0o600
    assert deployment.home.stat().st_mode & 0o777 == 0o700


def test_sockets_have_short_paths_wherever_the_data_is(tmp_path: Path) -> None:
    """A unix socket's path ends at 107 characters; the directory goes with remove_sockets."""
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deployment = Deployment(settings.load({"KIC_VM_STANDALONE_DIR": str(deep)}))
    deployment.create()
    sockets = deployment.sockets
    assert len(str(sockets)) < 75
    assert sockets.stat().st_mode & 0o777 == 0o700
    assert Deployment(deployment.settings).sockets == sockets
    deployment.remove_sockets()
    assert not sockets.exists()


def test_removing_data_keeps_the_environment_and_the_settings(deployment: Deployment) -> None:
    """`reset` does not throw away what takes long to install or what was written by hand."""
    deployment.set_mark("schema-nova")
    (deployment.venv).mkdir()
    (deployment.home / "standalone.ini").write_text("[ports]\n")
    deployment.remove_data()
    assert {path.name for path in deployment.home.iterdir()} == {"venv", "bin", "standalone.ini"}


def test_a_value_that_a_template_lacks_is_an_error() -> None:
    """No configuration is written with a hole in it."""
    missing = []
    for path in sorted(Path(DIRECTORY).iterdir()):
        if "$" in path.read_text():
            try:
                render(path.name, {})
            except KeyError:
                missing.append(path.name)
    assert "nova.conf" in missing
    assert "kic-vm.conf" in missing


def test_second_cell_stays(deployment: Deployment) -> None:
    """A cell that was made is there with every later command."""
    assert list(deployment.computes) == ["kic-compute-1", "kic-compute-2"]
    deployment.set_mark("cell2")
    assert deployment.has_second_cell
    assert deployment.computes[2:] == ("kic-compute-3",)
    assert cli.services(deployment)[-1] == "nova-compute-3"
