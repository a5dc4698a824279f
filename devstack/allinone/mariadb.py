# SPDX-License-Identifier: Apache-2.0
"""MariaDB: one server for all services. It holds nothing of record, so it waits for no disk."""

import shutil

from . import commands
from .deployment import ADDRESS, Deployment
from .processes import Processes
from .templates import user

DATABASES = (
    *("keystone", "placement", "glance", "cinder", "neutron"),
    *("nova_api", "nova", "nova_cell0"),
)


def start(deployment: Deployment, processes: Processes) -> str | None:
    """Start the server; make its data and its user at the first time."""
    env = deployment.environment()
    directory = deployment.data / "mariadb"
    fresh = deployment.mark("mariadb") is None
    if fresh and not processes.alive("mariadb"):
        shutil.rmtree(directory, ignore_errors=True)
        argv = [
            *("mariadb-install-db", "--no-defaults", f"--datadir={directory}", f"--user={user()}"),
            *("--auth-root-authentication-method=socket", f"--auth-root-socket-user={user()}"),
            "--skip-test-db",
        ]
        commands.run("mariadb-install-db", argv, deployment.logs / "mariadb-install.log", env)
    argv = [
        *("mariadbd", "--no-defaults", f"--user={user()}", f"--datadir={directory}"),
        *(f"--socket={deployment.sockets}/mysql.sock", f"--bind-address={ADDRESS}"),
        *(f"--port={deployment.ports['mariadb']}", f"--pid-file={directory}/mariadbd.pid"),
        *("--skip-name-resolve", "--skip-log-bin", "--performance-schema=OFF"),
        *("--max-connections=600", "--innodb-buffer-pool-size=96M", "--innodb-log-file-size=64M"),
        *("--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync"),
        *("--aria-pagecache-buffer-size=8M", "--key-buffer-size=1M"),
        *("--character-set-server=utf8mb3", "--collation-server=utf8mb3_general_ci"),
    ]
    started = processes.start("mariadb", argv, env)
    processes.wait("mariadb", lambda: _answers(deployment), 60)
    if fresh:
        password = deployment.password("mariadb")
        execute(
            deployment,
            f"CREATE OR REPLACE USER openstack@'{ADDRESS}' IDENTIFIED BY '{password}';\n"
            f"GRANT ALL ON *.* TO openstack@'{ADDRESS}';\n",
        )
        deployment.set_mark("mariadb")
    return "MariaDB runs" if started else None


def execute(deployment: Deployment, statements: str) -> None:
    """Run SQL statements as the administrator."""
    log = deployment.logs / "mariadb-client.log"
    commands.run("mariadb", _client(deployment), log, deployment.environment(), stdin=statements)


def _client(deployment: Deployment) -> list[str]:
    socket = deployment.sockets / "mysql.sock"
    return ["mariadb", "--no-defaults", f"--user={user()}", f"--socket={socket}"]


def _answers(deployment: Deployment) -> bool:
    argv = [*_client(deployment), "--batch", "--skip-column-names", "--execute", "SELECT 1"]
    return commands.output(argv, deployment.environment()).strip() == "1"
