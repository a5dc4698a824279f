# SPDX-License-Identifier: Apache-2.0
"""Options and rules are documented and listed, and the sample files are up to date."""

import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from string import Template

import pytest
from oslo_config import cfg

from kic_vm import conf as configuration
from kic_vm import deploy, policies
from kic_vm.conf import known_options, opts
from kic_vm.conf.shared_secrets import shared_secrets
from kic_vm.policies import base

ETC = Path(__file__).parents[2] / "etc/kic-vm"
TEMPLATES = Path(__file__).parents[2] / "devstack/allinone/templates"
OPTIONS = [(group, opt) for group, listed in opts.list_opts() for opt in listed]
RULES = policies.list_rules()


@pytest.mark.parametrize(("group", "opt"), OPTIONS, ids=lambda value: getattr(value, "name", value))
def test_every_option_has_a_help(group: str, opt: cfg.Opt) -> None:
    """Each option says what it is for."""
    assert opt.help


def test_options_are_listed_once() -> None:
    """No option stands twice in a group of the sample file."""
    names = [(group, opt.name) for group, opt in OPTIONS]
    assert len(set(names)) == len(names)


def test_secrets_are_marked() -> None:
    """Passwords and addresses that may hold one are not written into logs."""
    secret = {(group, opt.dest) for group, opt in OPTIONS if opt.secret}
    assert {("redis", "url"), ("redis", "secret"), ("service_user", "password")} <= secret


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_is_described(rule: object) -> None:
    """Each rule says in a sentence what it allows."""
    assert rule.description.endswith(".")  # type: ignore[attr-defined]
    assert rule.description[0].isupper()  # type: ignore[attr-defined]


def test_every_module_has_rules() -> None:
    """A module of rules that nobody lists would guard nothing."""
    directory = Path(policies.__file__).parent
    modules = {path.stem for path in directory.glob("*.py")} - {"__init__", "base"}
    listed = policies.guarding_rules()
    for name in modules:
        module = __import__(f"kic_vm.policies.{name}", fromlist=["RULES"])
        assert module.RULES
        assert all(rule in listed for rule in module.RULES), name


def test_rules_use_roles() -> None:
    """Every guarding rule is public or one of the three roles."""
    known = {base.PUBLIC, base.PROJECT_ADMIN, base.PROJECT_MEMBER, base.PROJECT_READER}
    assert {rule.check_str for rule in policies.guarding_rules()} <= known


@pytest.mark.parametrize(
    ("group", "name"),
    [
        ("oslo.config.opts", "kic_vm"),
        ("oslo.config.opts.defaults", "kic_vm"),
        ("oslo.policy.policies", "kic_vm"),
        ("oslo.policy.enforcer", "kic_vm"),
        ("console_scripts", "kic-vm-api"),
        ("console_scripts", "kic-vm-manage"),
        ("console_scripts", "kic-vm-status"),
        ("console_scripts", "kic-vm-worker"),
    ],
)
def test_entry_points(group: str, name: str) -> None:
    """The generators of OpenStack find the package's options and rules, and so does the shell."""
    (point,) = entry_points(group=group, name=name)
    assert callable(point.load())


@pytest.mark.parametrize(
    ("generator", "words"),
    [
        ("oslo-config-generator", ["[availability_zones]", "#zones =", "[nova]", "[service_user]"]),
        ("oslopolicy-sample-generator", ['#"project_admin"', '"kic_vm:instances:stop"']),
        (
            "oslopolicy-policy-generator",
            ['"project_admin": "role:manager"', '"kic_vm:instances:stop"'],
        ),
    ],
)
def test_generators(generator: str, words: list[str]) -> None:
    """The sample files can be generated."""
    command: list[str | Path] = [Path(sys.executable).with_name(generator), "--namespace", "kic_vm"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert all(word in done.stdout for word in words)


@pytest.mark.parametrize(
    ("generator", "settings", "sample"),
    [
        ("oslo-config-generator", "config-generator.conf", "kic-vm.conf.sample"),
        ("oslopolicy-sample-generator", "policy-generator.conf", "policy.yaml.sample"),
    ],
)
def test_samples(tmp_path: Path, generator: str, settings: str, sample: str) -> None:
    """The kept sample files have today's options and rules."""
    command: list[str | Path] = [
        Path(sys.executable).with_name(generator),
        "--config-file",
        ETC / settings,
    ]
    made = tmp_path / sample
    subprocess.run([*command, "--output-file", made], capture_output=True, check=True)
    assert made.read_text() == (ETC / sample).read_text(), "run: make generate"


def test_sample_can_be_used() -> None:
    """All of the sample is comments and names of groups: with it everything has its default."""
    conf = configuration.load(["--config-file", str(ETC / "kic-vm.conf.sample")])
    assert conf.api.port == 8788


def test_file_of_the_environment(
    config_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """KIC_VM_CONFIG names the file; an argument counts more."""
    path = tmp_path / "other.conf"
    path.write_text("[api]\nport = 1234\n")
    monkeypatch.setenv(configuration.ENVIRONMENT, str(path))
    assert configuration.load().api.port == 1234
    assert configuration.load(["--config-file", str(config_file)]).api.port == 8788


def test_application_credential(tmp_path: Path) -> None:
    """The gateway's user may log in otherwise than with a password."""
    login = (
        "auth_type = v3applicationcredential\nauth_url = http://keystone.test/v3\n"
        "application_credential_id = ours\napplication_credential_secret = not told\n"
    )
    text = f"[keystone_authtoken]\nservice_token_roles_required = true\n{login}"
    (tmp_path / "kic-vm.conf").write_text(f"{text}\n[service_user]\n{login}")
    conf = configuration.load(config_file=str(tmp_path / "kic-vm.conf"))
    assert callable(deploy.load_app(conf))
    (secret,) = shared_secrets(conf, "a purpose")
    assert [secret] == shared_secrets(conf, "a purpose")
    assert [secret] != shared_secrets(conf, "another purpose")


def test_no_service_user(tmp_path: Path) -> None:
    """Without knowing who it is the gateway does not start, and says where to write it."""
    path = tmp_path / "empty.conf"
    path.write_text("")
    conf = configuration.load(["--config-file", str(path)])
    with pytest.raises(cfg.Error, match="service_user"):
        deploy.load_app(conf)


def test_stop_waits_for_requests(conf: cfg.ConfigOpts) -> None:
    """With the defaults, a stop gives each request its whole time, and systemd waits longer."""
    assert conf.api.graceful_timeout > conf.api.request_timeout
    unit = (ETC / "kic-vm-api.service").read_text()
    (seconds,) = re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    assert int(seconds) > conf.api.graceful_timeout


def test_configuration_of_the_demo(tmp_path: Path) -> None:
    """oslo-config-validator and the gateway know every option in it."""
    values = dict.fromkeys(("address", "gateway_port", "keystone_url", "redis_port", "region"), "1")
    values["address"] = "127.0.0.1"
    values["transport_url"] = "rabbit://127.0.0.1:5672/"
    login = "auth_type = password\nauth_url = http://keystone.test\nusername = kic-vm\n"
    login += "password = none\nproject_name = service\n"
    template = TEMPLATES / "kic-vm.conf"
    text = Template(template.read_text()).substitute(
        values, login=login + "region_name = one", service_user_login=login
    )
    path = tmp_path / "kic-vm.conf"
    path.write_text(text)
    names = [word for name in known_options.NAMESPACES for word in ("--namespace", name)]
    command: list[str | Path] = [
        Path(sys.executable).with_name("oslo-config-validator"),
        "--input-file",
        path,
        *names,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "missing option" not in done.stderr
    assert known_options.unknown_options(configuration.load(config_file=str(path))) == []
