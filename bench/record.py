# SPDX-License-Identifier: Apache-2.0
"""Records the answers of the real services: ``python -m bench.record``."""

import json
import re
import uuid
from typing import Any, Final
from urllib.parse import urlsplit

from bench import project
from bench.recorded import BASE, FILE
from tests.functional import standalone

JSON = dict[str, Any]

# Name -> service, path and microversion. The gateway's own, and those of openstacksdk.
ANSWERS: Final = {
    "servers-2.1": ("compute", "/servers/detail?limit=2", "2.1"),
    "servers-2.90": ("compute", "/servers/detail?limit=2", "2.90"),
    "servers-2.96": ("compute", "/servers/detail?limit=2", "2.96"),
    "flavors": ("compute", "/flavors/detail", "2.61"),
    "volumes": ("block-storage", "/volumes/detail?limit=2", "3.64"),
    "ports": ("network", "/ports?device_owner=compute:nova&limit=2", None),
    "floatingips": ("network", "/floatingips?limit=1", None),
    "security_groups": ("network", "/security-groups?limit=1", None),
    "images": ("image", "/images", None),
}
_DISCOVERY: Final = {
    "identity": "/v3",
    "compute": "/v2.1",
    "block-storage": "/v3/",
    "image": "/",
    "network": "/",
}
_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{32}\b")
_HOST_ID: Final = re.compile(r"\b[0-9a-f]{56}\b")
_LOCAL: Final = re.compile(r"http://127\.0\.0\.1:\d+")
_NAME: Final = re.compile(r"bench-[0-9a-f]{8}")


def record(own: project.Project) -> JSON:
    """The answers of the services about a project that has machines."""
    cloud = own.cloud
    token = cloud.session.get_token()
    found: JSON = {"hosts": {}, "discovery": {}, "answers": {}}
    for service, path in _DISCOVERY.items():
        endpoint = cloud.session.get_endpoint(service_type=service, interface="public")
        parts = urlsplit(str(endpoint))
        host = f"{parts.scheme}://{parts.netloc}"
        found["hosts"][host] = service
        found["discovery"][service] = cloud.session.get(host + path).json()
    for name, (service, path, microversion) in ANSWERS.items():
        adapter = getattr(cloud, service.replace("-", "_"))
        found["answers"][name] = adapter.get(path, microversion=microversion).json()
    identity = cloud.identity
    found["token"] = identity.get("/auth/tokens", headers={"X-Subject-Token": token}).json()
    return found


def anonymised(found: JSON) -> JSON:
    """The same with ids, names and addresses of services that are nobody's."""
    hosts = found.pop("hosts")
    text = json.dumps(found)
    for host, service in hosts.items():
        text = text.replace(host, f"{BASE}/{service}")
    text = _ID.sub(_another, text)
    text = _HOST_ID.sub("0" * 56, text)
    text = _NAME.sub("bench", text)
    text = _LOCAL.sub(f"{BASE}/elsewhere", text)
    changed: JSON = json.loads(text)
    return changed


def _another(match: re.Match[str]) -> str:
    # Clients check that the ids are of version 4, as those of the services.
    made = uuid.UUID(bytes=uuid.uuid5(uuid.NAMESPACE_OID, match[0]).bytes, version=4)
    return str(made) if "-" in match[0] else made.hex


def main() -> None:
    """Make a project with two machines, record, and remove it."""
    with standalone.running(), project.temporary(standalone.connect("kic-operator")) as own:
        project.boot(own, 2)
        (network,) = own.cloud.network.networks(**{"router:external": True})
        own.cloud.network.create_ip(floating_network_id=network.id)
        answers = anonymised(record(own))
    FILE.write_text(json.dumps(answers, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
