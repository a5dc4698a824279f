# SPDX-License-Identifier: Apache-2.0
"""The people of a project, and keypairs."""

from doc.api_examples.recording import Recording

NAME = "kic-other"
MEMBERS = "/api/v1/projects/{project_id}/members"
MEMBER = f"{MEMBERS}/{{user_id}}"
KEYPAIR = "/api/v1/keypairs/{keypair_name}"


def play(recording: Recording) -> None:
    """A user comes, gets another role and goes; a keypair is made and deleted."""
    project_id = recording.call("admin", "GET /api/v1/vpcs")["vpcs"][0]["project_id"]
    recording.call("admin", f"GET {MEMBERS}", project_id=project_id)
    wanted = {"member": {"user_name": NAME, "role": "reader"}}
    member = recording.call("admin", f"POST {MEMBERS}", wanted, expect=201, project_id=project_id)[
        "member"
    ]
    ids = {"project_id": project_id, "user_id": member["user_id"]}
    recording.refused("admin", f"POST {MEMBERS}", 409, wanted, project_id=project_id)
    recording.refused("member", f"POST {MEMBERS}", 403, wanted, project_id=project_id)
    recording.call("admin", f"PUT {MEMBER}", {"member": {"role": "member"}}, **ids)
    recording.call("admin", f"DELETE {MEMBER}", expect=204, **ids)

    keypair = {"keypair": {"name": "laptop"}}
    recording.call("member", "POST /api/v1/keypairs", keypair, expect=201)
    recording.refused("member", "POST /api/v1/keypairs", 409, keypair)
    recording.refused("admin", f"DELETE {KEYPAIR}", 403, keypair_name="laptop")
    recording.call("member", "GET /api/v1/keypairs", query={"name": "laptop"})
    recording.call("member", f"GET {KEYPAIR}", keypair_name="laptop")
    recording.call("member", f"DELETE {KEYPAIR}", expect=204, keypair_name="laptop")
