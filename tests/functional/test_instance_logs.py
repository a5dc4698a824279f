# SPDX-License-Identifier: Apache-2.0
"""What an instance's logs say, on the real services."""

from collections.abc import Callable

from tests.contract import check
from tests.functional.client import Client
from tests.functional.instances import Instances


def test_logs(member: Client, persona: Callable[[str], Client], instances: Instances) -> None:
    """Commands are logged by our names with who gave them; the console while there is one."""
    instance_id, _seen = instances.make_active()
    path = f"/api/v1/instances/{instance_id}"
    for command, end in (("stop", "stopped"), ("start", "active"), ("shelve", "shelved_offloaded")):
        if command == "shelve":
            body = member.get(f"{path}/console-logs", lines=2)
            assert check("bcs", "GetInstanceConsoleLog", body) == []
            assert len(body["console-logs"].splitlines()) == 2
            assert member.request("GET", f"{path}/console-logs").status_code == 400
        assert persona("kic-admin").request("POST", f"{path}/{command}").status_code == 202
        member.watch(instance_id, end)
    body = member.get(f"{path}/action-logs")
    assert check("bcs", "ListInstanceActions", body) == []
    assert [item["action"] for item in body["actions"]] == ["shelve", "start", "stop", "create"]
    instance = member.get_instance(instance_id)
    by_others = {item["user_id"] for item in body["actions"][:3]}
    assert body["actions"][3]["user_id"] == instance["user_id"] not in by_others
    assert len(by_others) == 1

    refused = member.request("GET", f"{path}/console-logs?lines=2")
    assert refused.status_code == 409, refused.text
    password = member.get(f"{path}/password")
    assert check("bcs", "GetInstancePassword", password) == []

    for stranger in ("kic-other", "kic-operator"):
        for what in ("action-logs", "console-logs?lines=1", "password"):
            assert persona(stranger).request("GET", f"{path}/{what}").status_code == 404
    reader = persona("kic-reader")
    assert reader.request("GET", f"{path}/action-logs").status_code == 200
    assert reader.request("GET", f"{path}/console-logs?lines=1").status_code == 403
