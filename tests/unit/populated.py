# SPDX-License-Identifier: Apache-2.0
"""A cloud in which everything works: the recorded server and all that stands around it."""

import re
from collections.abc import Callable
from typing import Any, Final

from tests.unit import personas
from tests.unit.bodies import (
    DATA_VOLUME,
    FREE_PORT,
    FREE_PUBLIC_IP,
    FREE_VOLUME,
    IMAGE_MEMBER,
    OWN_IMAGE,
    PORT,
    PUBLIC_IP,
    ROOT_VOLUME,
    ROUTER_PORT,
    SERVER,
    body,
    error,
)
from tests.unit.cloud import MICROVERSION, Cloud, Request
from tests.unit.keystone_members import OPERATOR, KeystoneMembers
from tests.unit.nova_actions import answer_actions
from tests.unit.nova_keypairs import NovaKeypairs
from tests.unit.populated_networks import populate_networks

JSON = dict[str, Any]


def populate(cloud: Cloud) -> None:
    """Have every service answer from the recorded bodies."""
    _nova(cloud)
    _cinder(cloud)
    cloud.answer("GET", "glance", "/images", body("images"))
    for image in body("images")["images"]:
        cloud.answer("GET", "glance", f"/images/{image['id']}", image)
    _own_image(cloud)
    cloud.answer("GET", "neutron", "/ports", {"ports": [PORT, FREE_PORT, ROUTER_PORT]})
    populate_networks(cloud)
    for port in (PORT, FREE_PORT):
        cloud.answer("GET", "neutron", f"/ports/{port['id']}", {"port": port})
        cloud.answer("PUT", "neutron", f"/ports/{port['id']}", {"port": port})
    whole = f"/ports?project_id={PORT['project_id']}&device_id={SERVER['id']}"
    cloud.answer("GET", "neutron", whole, {"ports": [PORT]})
    cloud.answer(
        "GET", "neutron", "/ports?description=Made+by+kic-vm+for+an+instance", {"ports": []}
    )
    cloud.answer("POST", "neutron", "/ports", _make_ports, 201)
    led = PUBLIC_IP | {"floating_ip_address": "203.0.113.99"}
    cloud.answer("GET", "neutron", "/floatingips", {"floatingips": [led, FREE_PUBLIC_IP]})
    cloud.answer("POST", "neutron", "/floatingips", body("floating_ip_associated"), 201)
    for floating_ip in (PUBLIC_IP, FREE_PUBLIC_IP):
        path = f"/floatingips/{floating_ip['id']}"
        cloud.answer("GET", "neutron", path, {"floatingip": floating_ip})
        cloud.answer("PUT", "neutron", path, {"floatingip": floating_ip})
        cloud.answer("DELETE", "neutron", path, status=204)
    for port in (PORT, FREE_PORT):
        leading = f"/floatingips?port_id={port['id']}"
        cloud.answer("GET", "neutron", leading, {"floatingips": []})
    cloud.answer("GET", "neutron", "/networks?router%3Aexternal=true", body("external_networks"))
    cloud.answer("GET", "neutron", "/networks?limit=1&fields=id", {"networks": []})
    _quotas(cloud)
    answer_marked(cloud, lambda _request, collection: {collection: []})


# Queries by the marks of a request with an Idempotency-Key.
MARKED: Final = re.compile(
    r"http://(nova|cinder|neutron)\.test/v[\d.]+/(servers|volumes|snapshots|floatingips|ports"
    r"|security-groups|networks|subnets|routers)(/detail)?\?(.*&)?(tags=|metadata="
    r"|description=[^&]*%5Bkic-vm|fields=id&fields=description$)"
)


def answer_marked(cloud: Cloud, answer: Callable[[Request, str], JSON]) -> None:
    """Have every query by marks answered by a function of it and of the list's name."""

    def answered(request: Request, _context: Any) -> JSON:
        found = MARKED.match(request.url)
        assert found is not None
        return answer(request, found[2].replace("-", "_"))

    cloud.answer_pattern("GET", MARKED, answered)


def _own_image(cloud: Cloud) -> None:
    """One of the project's own, shared with a third project."""
    image = f"/images/{OWN_IMAGE['id']}"
    member = f"{image}/members/{IMAGE_MEMBER['member_id']}"
    cloud.answer("GET", "glance", image, OWN_IMAGE)
    cloud.answer("PATCH", "glance", image, OWN_IMAGE)
    cloud.answer("DELETE", "glance", image, status=204)
    cloud.answer("GET", "glance", f"{image}/members", {"members": [IMAGE_MEMBER]})
    cloud.answer("POST", "glance", f"{image}/members", IMAGE_MEMBER)
    cloud.answer(
        "GET", "glance", f"{image}/members/{personas.OTHER_PROJECT}", **error("glance_404_members")
    )
    cloud.answer("DELETE", "glance", member, status=204)
    project = {"project": {"id": IMAGE_MEMBER["member_id"], "name": "third"}}
    cloud.answer("GET", "keystone", f"/projects/{IMAGE_MEMBER['member_id']}", project)
    uploaded = {"os-volume_upload_image": {"image_id": OWN_IMAGE["id"], "status": "uploading"}}
    cloud.answer("POST", "cinder", f"/volumes/{ROOT_VOLUME}/action", uploaded, 202)


def _cinder(cloud: Cloud) -> None:
    cloud.answer("GET", "cinder", "/attachments", {"attachments": []})
    cloud.answer("GET", "cinder", "/volumes/detail", body("volumes"))
    cloud.answer("POST", "cinder", "/volumes", body("volume_created"), 202)
    for volume in body("volumes")["volumes"]:
        path = f"/volumes/{volume['id']}"
        cloud.answer("GET", "cinder", path, {"volume": volume})
        cloud.answer("PUT", "cinder", path, {"volume": volume})
        cloud.answer("DELETE", "cinder", path, status=202)
        cloud.answer("POST", "cinder", f"{path}/action", status=202)
    cloud.answer("GET", "cinder", "/types", body("volume_types"))
    cloud.answer("GET", "cinder", "/snapshots/detail", body("snapshots"))
    cloud.answer("GET", "cinder", "/snapshots/detail?status=creating", {"snapshots": []})
    cloud.answer("POST", "cinder", "/snapshots", body("snapshot_created"), 202)
    for snapshot in body("snapshots")["snapshots"]:
        path = f"/snapshots/{snapshot['id']}"
        cloud.answer("GET", "cinder", path, {"snapshot": snapshot})
        cloud.answer("PUT", "cinder", path, {"snapshot": snapshot})
        cloud.answer("DELETE", "cinder", path, status=202)


def _nova(cloud: Cloud) -> None:
    server = f"/servers/{SERVER['id']}"
    cloud.answer("GET", "nova", "/servers/detail", {"servers": [SERVER]})
    services = [{"id": "1", "binary": "nova-compute", "host": "one", "status": "enabled"}]
    cloud.answer("GET", "nova", "/os-services?binary=nova-compute", {"services": services})
    cloud.answer("GET", "nova", "/os-simple-tenant-usage", {"tenant_usages": []})
    for project in (personas.PROJECT, personas.OTHER_PROJECT):
        path = f"/os-simple-tenant-usage/{project}"
        cloud.answer("GET", "nova", path, {"tenant_usage": {}})
    listed = {"id": SERVER["id"], "name": SERVER["name"]}
    cloud.answer("GET", "nova", "/servers", {"servers": [listed]})
    cloud.answer("POST", "nova", "/servers", body("server_created"), 202)
    cloud.answer("GET", "nova", server, show_server)
    cloud.answer("PUT", "nova", server, body("server_updated"))
    cloud.answer("DELETE", "nova", server, status=204)
    cloud.answer("POST", "nova", f"{server}/action", _act)
    answer_actions(cloud, SERVER["id"])
    cloud.answer("GET", "nova", f"{server}/os-server-password", {"password": "ZW5jcnlwdGVk"})
    cloud.answer("POST", "nova", f"{server}/os-interface", body("interface_attached"))
    cloud.answer("DELETE", "nova", f"{server}/os-interface/{FREE_PORT['id']}", status=202)
    attachments = f"{server}/os-volume_attachments"
    cloud.answer("POST", "nova", attachments, body("volume_attachment"))
    cloud.answer("GET", "nova", f"{attachments}/{FREE_VOLUME}", **error("nova_404_volume_attached"))
    for volume in (ROOT_VOLUME, DATA_VOLUME):
        cloud.answer("PUT", "nova", f"{attachments}/{volume}", status=202)
        cloud.answer("DELETE", "nova", f"{attachments}/{volume}", status=202)
    cloud.answer("GET", "nova", "/flavors/detail", body("flavors"))
    cloud.answer("GET", "nova", "/flavors?limit=1", {"flavors": []})
    for flavor in body("flavors")["flavors"]:
        cloud.answer("GET", "nova", f"/flavors/{flavor['id']}", {"flavor": flavor})
    NovaKeypairs(cloud)
    KeystoneMembers(cloud).granted.add((OPERATOR, "manager"))


def _quotas(cloud: Cloud) -> None:
    for project in (personas.PROJECT, personas.OTHER_PROJECT):
        of_project = f"/os-quota-sets/{project}"
        cloud.answer("GET", "nova", f"{of_project}/detail", body("quotas_compute"))
        cloud.answer("GET", "cinder", f"{of_project}?usage=True", body("quotas_block_storage"))
        cloud.answer("GET", "neutron", f"/quotas/{project}/details.json", body("quotas_network"))


def _make_ports(request: Request, _context: Any) -> JSON:
    """One port, or several at once."""
    return body("ports_created") if "ports" in request.json() else {"port": FREE_PORT}


def _act(request: Request, context: Any) -> JSON:
    """Nova's answer to a server action; few have one."""
    action = next(iter(request.json()))
    if action == "os-getConsoleOutput":
        return {"output": "ANOTHER\nLAST LINE"}
    context.status_code = 202
    if action == "rebuild":
        return {"server": rebuilding_server()}
    return {}


def rebuilding_server() -> JSON:
    """The recorded server as Nova's answer to a rebuild has it: without its security groups."""
    server: JSON = body("server")["server"] | {"OS-EXT-STS:task_state": "rebuilding"}
    del server["security_groups"]
    return server


def show_server(request: Request, context: Any, **changes: Any) -> JSON:
    """Nova's answer about the recorded server: by microversion, and only to who may see it."""
    if personas.persona_of(request.headers["X-Auth-Token"]) not in personas.SEES_PROJECT:
        recorded = error("nova_404_server")
        context.status_code = recorded["status"]
        refused: JSON = recorded["json"]
        return refused
    is_old = request.headers[MICROVERSION] == "compute 2.1"
    shown = body("server_state" if is_old else "server")
    shown["server"] |= changes
    return shown
