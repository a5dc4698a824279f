# SPDX-License-Identifier: Apache-2.0
"""The knobs: ports and sizes, from the environment, an ini file and the defaults, in that order."""

import configparser
import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path

from .errors import StandaloneError

REPOSITORY = Path(__file__).resolve().parents[2]
DEFAULT_DATA = REPOSITORY / ".standalone"
PREFIX = "KIC_VM_STANDALONE_"

# name: (default port, what listens there)
PORTS: dict[str, tuple[int, str]] = {
    "keystone": (15000, "Keystone"),
    "placement": (18778, "Placement"),
    "glance": (19292, "Glance"),
    "cinder": (18776, "Cinder"),
    "neutron": (19696, "Neutron"),
    "nova": (18774, "Nova"),
    "mariadb": (13306, "MariaDB"),
    "rabbitmq": (15673, "RabbitMQ"),
    "rabbitmq_dist": (15674, "RabbitMQ (Erlang distribution)"),
    "epmd": (14369, "RabbitMQ (Erlang port mapper)"),
    "redis": (16379, "Redis"),
    "ceph_mon": (13300, "Ceph monitor"),
    "ceph_daemons": (16800, "Ceph OSD and manager (the first of 16 ports)"),
    "gateway": (8788, "the kic-vm gateway (only advertised here, not started)"),
}
CEPH_DAEMON_PORTS = 16
LARGEST_PORT = 65535
DEFAULT_VOLUME_GIB = 40
MOST_CELLS = 2
DEFAULT_PUBLIC_NETWORK = "198.51.100.0/24"
SMALLEST_PUBLIC_NETWORK = 26  # the length of its prefix
VIRT_TYPES = ("", "kvm", "qemu")  # empty: what the machine can do


@dataclass(frozen=True)
class Settings:
    """What a deployment is made with."""

    data: Path
    demo: Path
    ports: dict[str, int]
    volume_gib: int
    cells: int
    virt_type: str
    public_network: ipaddress.IPv4Network


def ini_file(data: Path) -> Path:
    """Where the settings of a data directory are written down."""
    return data / "standalone.ini"


def load(environ: dict[str, str] | None = None, cells: int | None = None) -> Settings:
    """The settings in force; raises StandaloneError naming the knob that is wrong.

    `cells` is what the command line says, which counts more than the environment and the file.
    """
    env = dict(os.environ) if environ is None else environ
    data = Path(env.get(PREFIX + "DIR") or DEFAULT_DATA).expanduser().absolute()
    ini = configparser.ConfigParser(interpolation=None)
    try:
        ini.read(ini_file(data))
    except configparser.Error as error:
        message = f"{ini_file(data)} cannot be read: {error}"
        raise StandaloneError(message) from error
    _refuse_unknown(ini, ini_file(data))
    offset = _number(env, PREFIX + "PORT_OFFSET", ini, "offset", 0)
    ports = {
        name: _number(env, f"{PREFIX}{name.upper()}_PORT", ini, name, default + offset)
        for name, (default, _) in PORTS.items()
    }
    _refuse_impossible(ports)
    volume_gib = _number(
        env, PREFIX + "VOLUME_GIB", ini, "volume_gib", DEFAULT_VOLUME_GIB, section="storage"
    )
    if volume_gib < 1:
        raise StandaloneError("volume_gib must be at least 1")
    if cells is None:
        cells = _number(env, PREFIX + "CELLS", ini, "cells", 1, section="nova")
    if not 1 <= cells <= MOST_CELLS:
        message = f"cells must be between 1 and {MOST_CELLS}"
        raise StandaloneError(message)
    virt_type = env.get(PREFIX + "VIRT_TYPE") or ini.get("guests", "virt_type", fallback="")
    if virt_type not in VIRT_TYPES:
        raise StandaloneError(f"virt_type must be one of {', '.join(VIRT_TYPES[1:])}, or empty")
    public_network = _public_network(env, ini)
    # the people's files of a second deployment must not replace those of the first
    demo = REPOSITORY / ".demo" if data == DEFAULT_DATA else data / "demo"
    if chosen := env.get("KIC_VM_DEMO_DIR"):
        demo = Path(chosen).expanduser().absolute()
    return Settings(data, demo, ports, volume_gib, cells, virt_type, public_network)


def how_to_set(port: str) -> str:
    """Tells the user where a port is chosen."""
    return f"{PREFIX}{port.upper()}_PORT, or `{port}` below [ports] in standalone.ini"


def _number(
    env: dict[str, str],
    variable: str,
    ini: configparser.ConfigParser,
    option: str,
    default: int,
    section: str = "ports",
) -> int:
    text, where = env.get(variable, ""), variable
    if not text:
        text, where = ini.get(section, option, fallback=""), f"[{section}] {option}"
    if not text:
        return default
    try:
        return int(text)
    except ValueError:
        message = f"{where} is not a number: {text!r}"
        raise StandaloneError(message) from None


def _public_network(env: dict[str, str], ini: configparser.ConfigParser) -> ipaddress.IPv4Network:
    text = env.get(PREFIX + "PUBLIC_NETWORK") or ini.get(
        "guests", "public_network", fallback=DEFAULT_PUBLIC_NETWORK
    )
    try:
        network = ipaddress.IPv4Network(text)
    except ValueError as error:
        raise StandaloneError(f"public_network is not an IPv4 network: {error}") from None
    if network.prefixlen > SMALLEST_PUBLIC_NETWORK:
        raise StandaloneError(f"public_network must be at least a /{SMALLEST_PUBLIC_NETWORK}")
    return network


def _refuse_unknown(ini: configparser.ConfigParser, path: Path) -> None:
    known = {
        "ports": {*PORTS, "offset"},
        "storage": {"volume_gib"},
        "nova": {"cells"},
        "guests": {"virt_type", "public_network"},
    }
    for section in ini.sections():
        for option in ini.options(section):
            if option not in known.get(section, set()):
                message = f"{path}: there is no option [{section}] {option}"
                raise StandaloneError(message)


def _refuse_impossible(ports: dict[str, int]) -> None:
    seen: dict[int, str] = {}
    for name, first in ports.items():
        count = CEPH_DAEMON_PORTS if name == "ceph_daemons" else 1
        for port in range(first, first + count):
            if not 0 < port <= LARGEST_PORT:
                message = f"port {port} ({name}) is not between 1 and {LARGEST_PORT}"
                raise StandaloneError(message)
            if port in seen:
                message = f"port {port} is given to both {seen[port]} and {name}"
                raise StandaloneError(message)
            seen[port] = name
