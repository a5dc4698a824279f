# SPDX-License-Identifier: Apache-2.0
"""The files for TLS are checked at start, not with the first connection."""

from collections.abc import Callable
from pathlib import Path

import pytest
from oslo_config import cfg

from kic_vm import conf as configuration
from tests.unit.certificates import write_certificate

GROUPS = ["service_user", "keystone_authtoken"]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A directory with files of which some can be used."""
    write_certificate(tmp_path / "own.pem", tmp_path / "own.key")
    write_certificate(tmp_path / "other.pem", tmp_path / "locked.key", "open sesame")
    both = (tmp_path / "own.pem").read_bytes() + (tmp_path / "own.key").read_bytes()
    (tmp_path / "both.pem").write_bytes(both)
    (tmp_path / "text.pem").write_text("no certificate")
    (tmp_path / "empty.pem").write_text("")
    (tmp_path / "directory").mkdir()
    return tmp_path


@pytest.fixture
def load(config_file: Path, files: Path) -> Callable[[str, str], cfg.ConfigOpts]:
    """Load a configuration with more lines in a section; @ stands for the directory."""

    def load(group: str, lines: str) -> cfg.ConfigOpts:
        path = files / "more.conf"
        path.write_text(f"[{group}]\n{lines.replace('@', str(files))}\n")
        return configuration.load(["--config-file", str(config_file), "--config-file", str(path)])

    return load


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("cafile = @/nowhere.pem", "cafile: .*/nowhere.pem: No such file or directory"),
        ("cafile = @/text.pem", "cafile: .*/text.pem must contain certificates in PEM format"),
        ("cafile = @/empty.pem", "cafile: .*/empty.pem must contain certificates in PEM format"),
        ("certfile = @/nowhere.pem", "certfile: .*/nowhere.pem: No such file or directory"),
        ("certfile = @/directory", "certfile: .*/directory: Is a directory"),
        ("certfile = @/own.pem", "certfile: .*/own.pem its private key"),
        ("certfile = @/own.pem\nkeyfile = @/nowhere.key", "keyfile: .*/nowhere.key: No such file"),
        ("certfile = @/text.pem\nkeyfile = @/own.key", "certfile: .*/text.pem must contain a cert"),
        ("certfile = @/own.pem\nkeyfile = @/text.pem", "certfile: .*/text.pem its private key"),
        ("certfile = @/own.pem\nkeyfile = @/locked.key", "certfile: .* without a passphrase"),
        ("certfile = @/other.pem\nkeyfile = @/own.key", "certfile: .*/own.key its private key"),
        ("keyfile = @/own.key", "certfile: a value is required"),
    ],
)
def test_file_that_cannot_be_used(
    load: Callable[[str, str], cfg.ConfigOpts], group: str, lines: str, words: str
) -> None:
    """It is refused by the name of its option."""
    with pytest.raises(cfg.Error, match=rf"^\[{group}\] {words}"):
        load(group, lines)


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize(
    "lines",
    [
        "cafile = @/own.pem",
        "cafile = @/directory",
        "cafile = @/nowhere.pem\ninsecure = true",
        "certfile = @/both.pem",
        "certfile = @/own.pem\nkeyfile = @/own.key",
        "certfile = @/own.pem\nkeyfile = @/own.key\ncafile = @/own.pem",
    ],
)
def test_files_that_can_be_used(
    load: Callable[[str, str], cfg.ConfigOpts], group: str, lines: str
) -> None:
    """Whatever requests takes is right: also a directory of authorities, and both in one file."""
    assert load(group, lines)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("ssl_ca_certs=@/nowhere.pem", "ssl_ca_certs: .*/nowhere.pem: No such file"),
        ("ssl_certfile=@/own.pem&ssl_keyfile=@/text.pem", "ssl_certfile: .* its private key"),
    ],
)
def test_redis(load: Callable[[str, str], cfg.ConfigOpts], query: str, words: str) -> None:
    """The files that the address of Redis names are checked, too."""
    assert load("redis", "url = rediss://redis.test/0?ssl_ca_certs=@/own.pem")
    with pytest.raises(cfg.Error, match=rf"^\[redis\] url: {words}"):
        load("redis", f"url = rediss://redis.test/0?{query}")
