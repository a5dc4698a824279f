# SPDX-License-Identifier: Apache-2.0
"""RabbitMQ, with a port mapper (epmd) of its own."""

from . import commands
from .deployment import ADDRESS, Deployment
from .probes import port_open
from .processes import Processes
from .templates import write

SET_POLICY = (
    *("set_policy", "kic-vm", r"^kic_vm\.", '{"max-length":10000}'),
    *("--apply-to", "queues"),
)
PROGRAMS = "/usr/lib/rabbitmq/bin"  # those in the PATH would switch to the system's user


SET_PERMISSIONS = ("set_permissions", "-p", "cell2", "openstack")


def start(deployment: Deployment, processes: Processes) -> str | None:
    """Start the broker."""
    if processes.alive("rabbitmq") and processes.alive("epmd"):
        return None
    home = deployment.data / "rabbitmq"
    home.mkdir(exist_ok=True)
    etc = deployment.etc / "rabbitmq"
    write(
        deployment, "rabbitmq.conf", etc / "rabbitmq.conf", password=deployment.password("rabbitmq")
    )
    (etc / "enabled_plugins").write_text("[].\n")
    (etc / "rabbitmq-env.conf").write_text("")
    ports = deployment.ports
    env = deployment.environment(
        HOME=str(home),
        ERL_EPMD_ADDRESS=ADDRESS,
        ERL_EPMD_PORT=str(ports["epmd"]),
        RABBITMQ_NODENAME="kic-vm@localhost",
        RABBITMQ_NODE_IP_ADDRESS=ADDRESS,
        RABBITMQ_NODE_PORT=str(ports["rabbitmq"]),
        RABBITMQ_DIST_PORT=str(ports["rabbitmq_dist"]),
        RABBITMQ_HOME_DIR=str(home),
        RABBITMQ_MNESIA_BASE=str(home / "mnesia"),
        RABBITMQ_LOG_BASE=str(deployment.logs),
        RABBITMQ_PID_FILE=str(home / "rabbitmq.pid"),
        RABBITMQ_CONFIG_FILE=str(etc / "rabbitmq"),
        RABBITMQ_CONF_ENV_FILE=str(etc / "rabbitmq-env.conf"),
        RABBITMQ_ENABLED_PLUGINS_FILE=str(etc / "enabled_plugins"),
        RABBITMQ_SERVER_START_ARGS="-kernel inet_dist_use_interface {127,0,0,1}",
        # two schedulers that sleep when there is nothing to do
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none",
    )
    epmd = ["epmd", "-address", ADDRESS, "-port", str(ports["epmd"])]
    processes.start("epmd", epmd, env)
    processes.wait("epmd", lambda: port_open(ports["epmd"]), 20)
    processes.start("rabbitmq", [f"{PROGRAMS}/rabbitmq-server"], env)
    processes.wait("rabbitmq", lambda: port_open(ports["rabbitmq"]), 120)

    def control(*words: str) -> None:
        log = deployment.logs / "rabbitmqctl.log"
        commands.run("rabbitmqctl", [f"{PROGRAMS}/rabbitmqctl", *words], log, env)

    if deployment.mark("notifications-policy") is None:
        # While no worker runs, nobody takes the notifications out of their queue.
        control(*SET_POLICY)
        deployment.set_mark("notifications-policy")
    if deployment.has_second_cell and deployment.mark("vhost-cell2") is None:
        for words in (["add_vhost", "cell2"], [*SET_PERMISSIONS, ".*", ".*", ".*"]):
            control(*words)
        deployment.set_mark("vhost-cell2")
    return "RabbitMQ runs"
