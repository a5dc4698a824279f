# SPDX-License-Identifier: Apache-2.0
"""Configurations that no command can use, and the commands that read one."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

from kic_vm.cmd import api, manage, status, worker
from tests.unit.personas import SECRET

# The command's arguments before the one for its configuration file, and after it.
COMMANDS: dict[str, tuple[Callable[[], int], list[str], list[str]]] = {
    "kic-vm-api": (api.main, [], []),
    "kic-vm-worker": (worker.main, ["--once"], []),
    "kic-vm-status": (status.main, [], ["upgrade", "check"]),
    "kic-vm-manage flavors": (manage.main, ["flavors", "check"], []),
    "kic-vm-manage keypairs": (manage.main, [], ["keypairs", "reindex"]),
}


@dataclasses.dataclass(frozen=True)
class Fault:
    """What is wrong with a configuration that is right otherwise."""

    words: str
    """What the error names."""
    write: Callable[[Path, str], object]
    """Writes the wrong configuration to a path, given the text of a right one."""


def _with(old: str, new: str) -> Callable[[Path, str], object]:
    return lambda path, text: path.write_text(text.replace(old, new))


def _with_section(section: str) -> Callable[[Path, str], object]:
    return lambda path, text: path.write_text(f"{text}\n{section}\n")


def _with_policy(content: str) -> Callable[[Path, str], object]:
    def write(path: Path, text: str) -> None:
        policy = path.with_name("policy.yaml")
        policy.write_text(content)
        path.write_text(f"{text}\n[oslo_policy]\npolicy_file = {policy}\n")

    return write


def _with_policy_directory(path: Path, text: str) -> None:
    path.write_text(f"{text}\n[oslo_policy]\npolicy_file = {path.parent}\n")


FAULTS = {
    "unknown type": Fault("auth_type", _with("auth_type = password", "auth_type = passwort")),
    "type without Keystone": Fault("auth_type", _with("auth_type = password", "auth_type = none")),
    "no type": Fault("auth_type", _with("auth_type = password", "")),
    "no address": Fault("auth_url", _with("auth_url = http://keystone.test/v3", "")),
    "no URL": Fault("auth_url", _with("auth_url = http://keystone.test/v3", "auth_url = keystone")),
    "no user": Fault("username", _with("username = kic-vm", "")),
    "no password": Fault("password", _with("\npassword = ", "\n#password = ")),
    "password with a dollar sign": Fault(
        "[service_user] password: ",
        _with(f"password = {SECRET} ", f"password = ${SECRET} "),
    ),
    "no version": Fault(
        "[keystone_authtoken] auth_version: ",
        _with("[keystone_authtoken]\n", "[keystone_authtoken]\nauth_version = new\n"),
    ),
    "no interface": Fault(
        "[keystone_authtoken] interface: ",
        _with("[keystone_authtoken]\n", "[keystone_authtoken]\ninterface = inner\n"),
    ),
    "no authtoken": Fault("keystone_authtoken", _with("[keystone_authtoken]", "[elsewhere]")),
    "no service user": Fault("service_user", _with("[service_user]", "[elsewhere]")),
    "other section that is missing": Fault(
        "nowhere", _with("[service_user]", "[service_user]\nauth_section = nowhere")
    ),
    "wrong number": Fault("port", _with("[service_user]", "[api]\nport = many\n[service_user]")),
    "no section": Fault("kic-vm.conf", _with("[keystone_authtoken]", "[keystone_authtoken")),
    "no text": Fault("UTF-8", lambda path, _text: path.write_bytes(b"\xff\xfe\x00")),
    "directory": Fault("Is a directory", lambda path, _text: path.mkdir()),
    "missing file": Fault("kic-vm.conf", lambda _path, _text: None),
    "authorities that are missing": Fault(
        "[service_user] cafile: ",
        _with("[service_user]\n", "[service_user]\ncafile = /nowhere/ca.pem\n"),
    ),
    "certificate that is none": Fault(
        "[keystone_authtoken] certfile: ",
        _with("[keystone_authtoken]\n", "[keystone_authtoken]\ncertfile = /dev/null\n"),
    ),
    "message bus without a scheme": Fault(
        "[history] transport_url: ", _with_section("[history]\ntransport_url = bus.test:5672")
    ),
    "policy that is no YAML": Fault("policy.yaml", _with_policy("a: [\nb: }\n")),
    "policy that is a list": Fault("policy.yaml", _with_policy("- a\n- b\n")),
    "policy with a syntax error": Fault(
        "kic_vm:instances:stop", _with_policy('"kic_vm:instances:stop": "role:x and ("\n')
    ),
    "policy with an unknown word": Fault(
        "kic_vm:instances:stop", _with_policy('"kic_vm:instances:stop": "role:x and nobody"\n')
    ),
    "policy that is missing": Fault(
        "policy_file", _with_section("[oslo_policy]\npolicy_file = /nowhere/policy.yaml")
    ),
    "policies that are missing": Fault(
        "policy_dirs", _with_section("[oslo_policy]\npolicy_dirs = /nowhere/policy.d")
    ),
    "policy without a name": Fault(
        "[oslo_policy] policy_file: it is empty", _with_section("[oslo_policy]\npolicy_file =")
    ),
    "policies without a name": Fault(
        "[oslo_policy] policy_dirs: it is empty", _with_section("[oslo_policy]\npolicy_dirs =")
    ),
    "policy that is a directory": Fault("policy_file", _with_policy_directory),
}

# Only the gateway and the worker have a log of their own.
LOG_FAULTS = {
    "log level that does not exist": Fault(
        "default_log_levels", _with_section("[DEFAULT]\ndefault_log_levels = kic_vm=LOUD")
    ),
    "log level without a name": Fault(
        "default_log_levels", _with_section("[DEFAULT]\ndefault_log_levels = loud")
    ),
    "syslog facility that does not exist": Fault(
        "syslog_log_facility",
        _with_section("[DEFAULT]\nuse_syslog = true\nsyslog_log_facility = loud"),
    ),
    "format of lines without a request": Fault(
        "[DEFAULT] logging_default_format_string: ",
        _with_section("[DEFAULT]\nlogging_default_format_string = %(nothing)s"),
    ),
    "format of lines of a request": Fault(
        "[DEFAULT] logging_context_format_string: ",
        _with_section("[DEFAULT]\nlogging_context_format_string = %(nothing)s"),
    ),
    "day of the week that does not exist": Fault(
        "log_rotate_interval: ",
        _with_section(
            "[DEFAULT]\nlog_file = /dev/null\nlog_rotation_type = interval\n"
            "log_rotate_interval_type = weekday\nlog_rotate_interval = 9"
        ),
    ),
    "log file that cannot be made": Fault(
        "log_file", _with_section("[DEFAULT]\nlog_file = /nowhere/kic-vm.log")
    ),
}
