"""Open vSwitch and OVN: the network that Neutron programs.

Every compute host has a chassis (an ovn-controller), because OVN binds ports only to hosts that are
alive; they share one switch. The switch has a network namespace of its own: its bridges are real,
but not seen among the machine's interfaces, and two deployments do not meet.
"""

from . import commands, interrupt
from .deployment import COMPUTES, Deployment
from .errors import ServiceError
from .processes import Processes

SCHEMAS = {
    "conf.db": "/usr/share/openvswitch/vswitch.ovsschema",
    "ovnnb.db": "/usr/share/ovn/ovn-nb.ovsschema",
    "ovnsb.db": "/usr/share/ovn/ovn-sb.ovsschema",
}
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
    switch = ["unshare", "--net", "ovs-vswitchd", "--disable-system"]
    control = f"--unixctl={sockets}/vswitchd.ctl"
    started |= processes.start("ovs-vswitchd", [*switch, control, *QUIET, database], env)
    version = ["ovs-appctl", f"--target={sockets}/vswitchd.ctl", "version"]
    processes.wait("ovs-vswitchd", lambda: commands.output(version, env) != "", 20)
    bridge = [*("--may-exist", "add-br", "br-ex"), *("--", "set", "bridge", "br-ex")]
    commands.run("ovs-vsctl", [*vsctl, *bridge, "datapath_type=netdev"], log, env)
    northd = ["ovn-northd", f"--ovnnb-db={database}", f"--ovnsb-db={database}"]
    control = f"--unixctl={sockets}/northd.ctl"
    started |= processes.start("ovn-northd", [*northd, control, *QUIET], env)
    for name, host in zip(controllers(deployment), deployment.computes, strict=True):
        started |= _start_chassis(deployment, processes, name, host)
    return "Open vSwitch and OVN run" if started else None


def _host_settings(deployment: Deployment) -> list[str]:
    database = deployment.ovsdb
    settings = {
        "ovn-remote": database,
        "ovn-encap-type": "geneve",
        "ovn-bridge-datapath-type": "netdev",
    }
    for number, host in enumerate(deployment.computes, 1):
        settings |= {
            f"hostname-{host}": host,
            f"ovn-remote-{host}": database,
            f"ovn-bridge-{host}": "br-int" if number == 1 else f"br-int{number}",
            f"ovn-bridge-datapath-type-{host}": "netdev",
            f"ovn-encap-type-{host}": "geneve",
            f"ovn-encap-ip-{host}": f"127.0.0.{number}",
        }
    settings[f"ovn-bridge-mappings-{COMPUTES[0]}"] = "public:br-ex"
    settings[f"ovn-cms-options-{COMPUTES[0]}"] = "enable-chassis-as-gw"
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
