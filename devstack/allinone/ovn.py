# SPDX-License-Identifier: Apache-2.0
"""Open vSwitch and OVN: the network that Neutron programs.

Every compute host has a chassis (an ovn-controller), because OVN binds ports only to hosts that are
alive; they share one switch. The switch has a network namespace of its own: its bridges are real,
but not seen among the machine's interfaces, and two deployments do not meet.

With real guests the switch is in the machine's own namespace, where libvirt makes their interfaces.
There the machine has the gateway's address of the external network, and so reaches public IPs.
"""

from pathlib import Path

from . import commands, interrupt
from .deployment import Deployment
from .errors import ServiceError, StandaloneError
from .processes import BOOT, Processes

SCHEMAS = {
    "conf.db": "/usr/share/openvswitch/vswitch.ovsschema",
    "ovnnb.db": "/usr/share/ovn/ovn-nb.ovsschema",
    "ovnsb.db": "/usr/share/ovn/ovn-sb.ovsschema",
}
INTEGRATION_BRIDGE, EXTERNAL_BRIDGE = "br-int", "br-ex"
INTERFACES = (INTEGRATION_BRIDGE, EXTERNAL_BRIDGE, "ovs-netdev")
KERNEL_INTERFACES = Path("/sys/class/net")
OUR_INTERFACES = "interfaces"  # the mark that says in which boot of the machine they were made
CHASSIS_ATTEMPTS = 5
QUIET = ("-vconsole:warn", "-vsyslog:off")


def controllers(deployment: Deployment) -> list[str]:
    """The names of the chassis' processes."""
    return [f"ovn-controller-{number}" for number, _ in enumerate(deployment.computes, 1)]


def start(deployment: Deployment, processes: Processes) -> str | None:
    """Start the databases, the switch, northd and one chassis per compute host."""
    env = deployment.environment()
    log = deployment.logs / "ovn-setup.log"
    directory = deployment.data / "ovn"
    directory.mkdir(exist_ok=True)
    sockets, database = deployment.sockets, deployment.ovsdb
    for name, schema in SCHEMAS.items():
        if not (directory / name).exists():
            create = ["ovsdb-tool", "create", str(directory / name), schema]
            commands.run("ovsdb-tool", create, log, env)
    files = [str(directory / name) for name in SCHEMAS]
    listen = [f"--remote=punix:{sockets}/db.sock", f"--unixctl={sockets}/ovsdb.ctl"]
    started = processes.start("ovsdb", ["ovsdb-server", *files, *listen, *QUIET], env)
    vsctl = ["ovs-vsctl", f"--db={database}", "--timeout=20"]
    if started:
        init = [*vsctl, "--no-wait", "show"]
        processes.wait("ovsdb", lambda: commands.output(init, env) != "", 20)
        commands.run("ovs-vsctl", [*vsctl, "--no-wait", "init"], log, env)
        commands.run("ovs-vsctl", [*vsctl, "--no-wait", *_host_settings(deployment)], log, env)
    if deployment.has_guests and not processes.alive("ovs-vswitchd"):
        _claim_interfaces(deployment)
    namespace = [] if deployment.has_guests else ["unshare", "--net"]
    # With --monitor, a switch that crashes is started again: version 3.1 can fail an assertion when
    # it tracks a connection whose address is translated.
    switch = [*namespace, "ovs-vswitchd", "--monitor", "--disable-system"]
    control = f"--unixctl={sockets}/vswitchd.ctl"
    started |= processes.start("ovs-vswitchd", [*switch, control, *QUIET, database], env)
    version = ["ovs-appctl", f"--target={sockets}/vswitchd.ctl", "version"]
    processes.wait("ovs-vswitchd", lambda: commands.output(version, env) != "", 20)
    add, change = ("--may-exist", "add-br", EXTERNAL_BRIDGE), ("set", "bridge", EXTERNAL_BRIDGE)
    commands.run("ovs-vsctl", [*vsctl, *add, "--", *change, "datapath_type=netdev"], log, env)
    if deployment.has_guests:
        # a bridge that was in the database already is made after the command has ended
        bridge = KERNEL_INTERFACES / EXTERNAL_BRIDGE
        processes.wait("ovs-vswitchd", bridge.exists, 20)
        _join_external_network(deployment)
    northd = ["ovn-northd", f"--ovnnb-db={database}", f"--ovnsb-db={database}"]
    control = f"--unixctl={sockets}/northd.ctl"
    started |= processes.start("ovn-northd", [*northd, control, *QUIET], env)
    for name, host in zip(controllers(deployment), deployment.computes, strict=True):
        started |= _start_chassis(deployment, processes, name, host)
    return "Open vSwitch and OVN run" if started else None


def remove_interfaces(deployment: Deployment) -> None:
    """Remove the switch's interfaces from the machine; the kernel keeps them without the switch."""
    if deployment.mark(OUR_INTERFACES) != BOOT.read_text():
        return
    env, log = deployment.environment(), deployment.logs / "ovn-setup.log"
    for name in INTERFACES:
        if (KERNEL_INTERFACES / name).exists():
            commands.run("ip link", ["ip", "link", "delete", name], log, env, finish=True)
    deployment.remove_mark(OUR_INTERFACES)


def _claim_interfaces(deployment: Deployment) -> None:
    """Refuse to use interfaces of somebody else; those that an earlier `up` left are ours."""
    boot = BOOT.read_text()
    if deployment.mark(OUR_INTERFACES) == boot:
        return
    for name in INTERFACES:
        if (KERNEL_INTERFACES / name).exists():
            raise StandaloneError(
                f"this machine has a network interface {name} already, of another Open vSwitch"
                " or another deployment with guests; take that down before"
            )
    deployment.set_mark(OUR_INTERFACES, boot)


def _join_external_network(deployment: Deployment) -> None:
    """Give the machine the gateway's address, so that it reaches the public IPs."""
    env, log = deployment.environment(), deployment.logs / "ovn-setup.log"
    network = deployment.public_network
    gateway = f"{network[1]}/{network.prefixlen}"
    address = ["ip", "address", "replace", gateway, "dev", EXTERNAL_BRIDGE]
    commands.run("ip address", address, log, env)
    commands.run("ip link", ["ip", "link", "set", EXTERNAL_BRIDGE, "up"], log, env)


def _host_settings(deployment: Deployment) -> list[str]:
    database, gateway_host = deployment.ovsdb, deployment.computes[0]
    settings = {
        "ovn-remote": database,
        "ovn-encap-type": "geneve",
        "ovn-bridge-datapath-type": "netdev",
    }
    for number, host in enumerate(deployment.computes, 1):
        settings |= {
            f"hostname-{host}": host,
            f"ovn-remote-{host}": database,
            f"ovn-bridge-{host}": f"{INTEGRATION_BRIDGE}{number if number > 1 else ''}",
            f"ovn-bridge-datapath-type-{host}": "netdev",
            f"ovn-encap-type-{host}": "geneve",
            f"ovn-encap-ip-{host}": f"127.0.0.{number}",
        }
    settings[f"ovn-bridge-mappings-{gateway_host}"] = f"public:{EXTERNAL_BRIDGE}"
    settings[f"ovn-cms-options-{gateway_host}"] = "enable-chassis-as-gw"
    pairs = [f'external-ids:{key}="{value}"' for key, value in settings.items()]
    return ["set", "open_vswitch", ".", *pairs]


def _start_chassis(deployment: Deployment, processes: Processes, name: str, host: str) -> bool:
    if processes.alive(name):
        return False
    env, database = deployment.environment(), deployment.ovsdb
    argv = ["ovn-controller", "-n", host]
    find = ["ovn-sbctl", f"--db={database}", "--bare", "--columns=name"]
    find += ["find", "Chassis_Private", f"name={host}"]
    for attempt in range(CHASSIS_ATTEMPTS):
        processes.start(name, [*argv, "-vconsole:info", "-vsyslog:off", database], env)
        try:
            processes.wait(name, lambda: host in commands.output(find, env), 20)
            interrupt.sleep(0.5)  # now and then one ends right after it has registered
        except ServiceError:
            if attempt == CHASSIS_ATTEMPTS - 1:
                raise
        if processes.alive(name):
            return True
    raise ServiceError(name, "does not stay alive", processes.log(name))
