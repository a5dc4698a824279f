# SPDX-License-Identifier: Apache-2.0
"""What concerns servers: their quota, and their return after a restart."""

from collections.abc import Callable
from http import HTTPStatus

from .. import interrupt
from ..deployment import Deployment
from ..nova import REVIVE
from ..rest import ApiError, Session

MICROVERSION = {"OpenStack_API_Version": "compute 2.96"}
KEPT_STATES = ("active", "stopped", "paused", "suspended")


def ensure_quota(admin: Session, projects: dict[str, str]) -> None:
    """Room for many servers."""
    quota = {
        "instances": 400,
        "cores": 2000,
        "ram": 4096000,
        "key_pairs": 200,
        "server_groups": 50,
    }
    for project in projects.values():
        admin.call("nova", "PUT", f"/os-quota-sets/{project}", {"quota_set": quota})


def revive(deployment: Deployment, admin: Session) -> str | None:
    """Give the hosts that were restarted their servers back, by a hard reboot of each.

    The fake hypervisor keeps its guests in memory only. After a restart of nova-compute Nova
    still shows them, but stop, start and shelve do nothing until the guest is made again.
    """
    hosts = [
        host for host in deployment.computes if deployment.mark(f"{REVIVE}-{host}") is not None
    ]
    if not hosts:
        return None
    lost = {
        server["id"]: server["OS-EXT-STS:vm_state"]
        for server in _servers(admin)
        if server["OS-EXT-SRV-ATTR:host"] in hosts
        and server["OS-EXT-STS:vm_state"] in KEPT_STATES
        and not server["OS-EXT-STS:task_state"]
    }
    rebooted = [server for server in lost if _act(admin, server, {"reboot": {"type": "HARD"}})]
    _wait(lambda: _busy(admin, rebooted), seconds=30 + 3 * len(rebooted))
    stopped = [server for server in rebooted if lost[server] == "stopped"]
    for server in stopped:
        _act(admin, server, {"os-stop": None})
    _wait(lambda: _busy(admin, stopped), seconds=30 + len(stopped))
    for host in hosts:
        deployment.remove_mark(f"{REVIVE}-{host}")
    return f"servers revived: {len(rebooted)}" if rebooted else None


def _servers(admin: Session) -> list[dict[str, str]]:
    path = "/servers/detail?all_tenants=1&limit=1000"
    return list(admin.call("nova", "GET", path, **MICROVERSION)["servers"])


def _busy(admin: Session, servers: list[str]) -> bool:
    return bool(servers) and any(
        server["OS-EXT-STS:task_state"] for server in _servers(admin) if server["id"] in servers
    )


def _act(admin: Session, server: str, action: dict[str, object]) -> bool:
    try:
        admin.call("nova", "POST", f"/servers/{server}/action", action, **MICROVERSION)
    except ApiError as error:
        if error.status in (
            HTTPStatus.NOT_FOUND,
            HTTPStatus.CONFLICT,
        ):  # deleted or changed meanwhile
            return False
        raise
    return True


def _wait(busy: Callable[[], bool], seconds: int) -> None:
    for _ in range(2 * seconds):
        if not busy():
            return
        interrupt.sleep(0.5)
