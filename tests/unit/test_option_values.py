# SPDX-License-Identifier: Apache-2.0
"""Wrong values of options are refused when the configuration is read."""

from pathlib import Path

import pytest
from oslo_config import cfg

from kic_vm import conf as configuration
from tests.unit.personas import SECRET


@pytest.mark.parametrize(
    ("group", "line"),
    [
        ("api", "port = many"),
        ("api", "port = 99999"),
        ("api", "host = two words"),
        ("api", "public_url = ftp://kic-vm.test"),
        ("api", "readiness_cache_time = -1"),
        ("availability_zones", "zones = kr-central-2-a"),
        ("cors", "max_age = long"),
        ("DEFAULT", "debug = perhaps"),
        ("DEFAULT", "log_rotate_interval_type = nonsense"),
        ("DEFAULT", "max_logfile_count = many"),
        ("DEFAULT", "use_json = perhaps"),
        ("history", "transport_url = nonsense"),
        ("history", "transport_url = http://bus.test"),
        ("history", "transport_url = rabbit://bus.test:port"),
        ("history", "transport_url = rabbit://bus.test:99999"),
        ("history", "transport_url = rabbit://[bus.test"),
        ("history", "transport_url = rabbit://kic-vm:a/b@bus.test:5672"),
        ("keystone_authtoken", "token_cache_time = long"),
        ("nova", "connect_retries = many"),
        ("oslo_middleware", "max_request_body_size = large"),
        ("oslo_middleware", "enable_proxy_headers_parsing = perhaps"),
        ("redis", "url = nonsense"),
        ("redis", "url = http://redis.test"),
        ("redis", "url = redis://redis.test:port"),
        ("redis", "url = redis+sentinel://one.test,two.test"),
        ("redis", "url = redis+sentinel://one.test,/kic-vm"),
        ("redis", "url = redis+sentinel://one.test/kic-vm/first"),
        ("resize", "confirmation = perhaps"),
        ("service_user", "send_service_user_token = perhaps"),
        ("service_user", "timeout = long"),
        ("volume", "max_size_gb = 0"),
        ("volume", "max_size_gb = 1.5"),
        ("worker", "interval = soon"),
    ],
)
def test_wrong_value(config_file: Path, tmp_path: Path, group: str, line: str) -> None:
    """A value that makes no sense is refused when the configuration is read, by its name."""
    path = tmp_path / "wrong.conf"
    path.write_text(f"[{group}]\n{line}\n")
    option = line.partition(" ")[0]
    with pytest.raises(cfg.Error, match=rf"\[{group}\] {option}: .*wrong\.conf"):
        configuration.load(["--config-file", str(config_file), "--config-file", str(path)])


@pytest.mark.parametrize(
    ("group", "line", "words"),
    [
        ("DEFAULT", "debug = $nosuch", r"write \$\$"),
        ("DEFAULT", "log_file = $nosuch", r"write \$\$"),
        ("DEFAULT", "rate_limit_burst =", "remove it for the default 0"),
        ("api", "public_url = $nosuch", r"write \$\$"),
        ("api", "public_url = ${nosuch.port}", r"write \$\$"),
        ("api", "threads =", "remove it for the default 32"),
        ("api", "request_timeout =", "remove it for the default 90.0"),
        ("cinder", "valid_interfaces = inner", "inner"),
        ("glance", "endpoint_override = glance.test", "must be a URL"),
        ("neutron", "version = new", "must be a version"),
        ("nova", "min_version = new", "must be a version"),
        ("service_user", "timeout =", "remove it for the default 60.0"),
    ],
)
def test_value_that_cannot_be_used(
    config_file: Path, tmp_path: Path, group: str, line: str, words: str
) -> None:
    """What would be noticed only later, or without the name of the option, is refused at start."""
    path = tmp_path / "wrong.conf"
    path.write_text(f"[{group}]\n{line}\n")
    option = line.partition(" ")[0]
    with pytest.raises(cfg.Error, match=rf"^\[{group}\] .*{words}") as caught:
        configuration.load(["--config-file", str(config_file), "--config-file", str(path)])
    assert option in str(caught.value)


@pytest.mark.parametrize("option", ["endpoint_override", "version", "max_version"])
def test_empty_value(config_file: Path, tmp_path: Path, option: str) -> None:
    """An option of a service that is empty is the same as none."""
    path = tmp_path / "more.conf"
    path.write_text(f"[nova]\n{option} =\n")
    conf = configuration.load(["--config-file", str(config_file), "--config-file", str(path)])
    assert conf.nova[option] == ""


def test_wrong_file(tmp_path: Path) -> None:
    """What is no configuration file at all is refused, too."""
    path = tmp_path / "wrong.conf"
    path.write_text("[redis\n")
    with pytest.raises(cfg.Error, match=r"wrong\.conf"):
        configuration.load(["--config-file", str(path)])


@pytest.mark.parametrize(
    "url",
    [
        "",
        "rabbit://bus.test",
        "rabbit:///",
        "rabbit://kic-vm:a%2Fb@bus.test:5672/",
        "rabbit://a:b@one.test:5672,a:b@[::1]:5672/virtual?ssl=1",
        "kafka://bus.test:9092",
    ],
)
def test_transport_url(tmp_path: Path, url: str) -> None:
    """What oslo.messaging takes is right."""
    path = tmp_path / "right.conf"
    path.write_text(f"[history]\ntransport_url = {url}\n")
    assert configuration.load(["--config-file", str(path)]).history.transport_url == url


@pytest.mark.parametrize(
    "line",
    [
        f"[redis]\nurl = redis:kic-vm:{SECRET}@redis.test\n",
        f"[history]\ntransport_url = rabbit:kic-vm:{SECRET}@bus.test\n",
        f"[history]\ntransport_url = rabbit://kic-vm:{SECRET}/@bus.test:port\n",
    ],
)
def test_wrong_secret(tmp_path: Path, line: str) -> None:
    """A wrong URL is refused without a word of the password in it."""
    path = tmp_path / "wrong.conf"
    path.write_text(line)
    with pytest.raises(cfg.Error) as caught:
        configuration.load(["--config-file", str(path)])
    assert SECRET not in str(caught.value)


def test_missing_file(tmp_path: Path) -> None:
    """A file that was named has to be there."""
    with pytest.raises(cfg.Error):
        configuration.load(["--config-file", str(tmp_path / "nowhere")])
