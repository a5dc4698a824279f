# SPDX-License-Identifier: Apache-2.0
"""Nova: servers and what belongs to them, flavors and keypairs.

``adapters.compute`` has the microversions of the calls.
"""

from typing import Literal, NotRequired, TypedDict


class ServerImage(TypedDict):
    """The image of a server that boots from its hypervisor's disk."""

    id: str


class ServerFlavor(TypedDict):
    """The flavor within a server: its id until microversion 2.46, then a copy of the flavor."""

    id: NotRequired[str]
    original_name: NotRequired[str]
    vcpus: NotRequired[int]
    ram: NotRequired[int]
    disk: NotRequired[int]
    extra_specs: NotRequired[dict[str, str]]


class GroupName(TypedDict):
    """A security group of a server, which has only its name."""

    name: str


class Fault(TypedDict):
    """The reason why a server is in ERROR."""

    message: NotRequired[str]
    created: NotRequired[str]


class AttachedVolume(TypedDict):
    """A volume attached to a server; ``delete_on_termination`` since microversion 2.3."""

    id: str
    delete_on_termination: NotRequired[bool]


Address = TypedDict(
    "Address", {"addr": str, "OS-EXT-IPS-MAC:mac_addr": str, "OS-EXT-IPS:type": str}
)

_ServerAttributes = TypedDict(
    "_ServerAttributes",
    {
        "OS-EXT-AZ:availability_zone": str | None,
        "OS-EXT-SRV-ATTR:hostname": NotRequired[str],
        "OS-EXT-STS:power_state": int,
        "OS-EXT-STS:task_state": str | None,
        "OS-EXT-STS:vm_state": str,
        "OS-SRV-USG:launched_at": str | None,
        "OS-SRV-USG:terminated_at": str | None,
        "os-extended-volumes:volumes_attached": list[AttachedVolume],
    },
)


_NewServerAttributes = TypedDict("_NewServerAttributes", {"OS-DCF:diskConfig": str})


class NewServer(_NewServerAttributes):
    """A new server, as ``POST /servers`` returns it; without a reservation id, with a password."""

    id: str
    security_groups: NotRequired[list[GroupName]]
    adminPass: NotRequired[str]


class NamedServer(NewServer):
    """A new server with its name, which the answer to its creation lacks."""

    name: str


class Server(NamedServer, _ServerAttributes):
    """A server, as ``GET /servers/{id}`` and ``GET /servers/detail`` return it.

    Also the answer to an update and to a rebuild. The description comes with microversion 2.19, the
    tags with 2.26, the hostname for all users with 2.90.
    """

    description: NotRequired[str | None]
    status: str
    tenant_id: str
    user_id: str
    metadata: dict[str, str]
    flavor: ServerFlavor
    image: ServerImage | Literal[""]
    addresses: dict[str, list[Address]]
    key_name: str | None
    tags: NotRequired[list[str]]
    fault: NotRequired[Fault]
    created: str
    updated: str


class ServerUsage(TypedDict):
    """A server in Nova's usage report.

    ``state`` is its vm_state, or ``terminated``; ``started_at`` is when it was last launched.
    """

    instance_id: str
    state: str
    started_at: str


class ServerRequest(TypedDict):
    """The body of ``POST /servers``."""

    name: str
    flavorRef: str
    block_device_mapping_v2: "list[BlockDevice]"
    networks: NotRequired[list[dict[str, str]]]
    description: NotRequired[str]
    availability_zone: NotRequired[str]
    key_name: NotRequired[str]
    tags: NotRequired[list[str]]
    user_data: NotRequired[str]
    security_groups: NotRequired[list[GroupName]]
    adminPass: NotRequired[str]
    min_count: NotRequired[int]
    max_count: NotRequired[int]


class BlockDevice(TypedDict):
    """A member of ``block_device_mapping_v2`` in the body of ``POST /servers``."""

    source_type: NotRequired[str]
    destination_type: str
    uuid: NotRequired[str]
    boot_index: int
    volume_size: NotRequired[int]
    volume_type: NotRequired[str]
    delete_on_termination: bool


class RebuildRequest(TypedDict):
    """The argument of the server action ``rebuild``; a null ``key_name`` removes the keypair."""

    imageRef: str
    key_name: NotRequired[str | None]


class InstanceAction(TypedDict):
    """An action on a server, as ``GET /servers/{id}/os-instance-actions`` lists it."""

    action: str
    request_id: str
    user_id: str
    message: str | None
    start_time: str
    updated_at: str


class ActionEvent(TypedDict):
    """An event of an action, as ``GET /servers/{id}/os-instance-actions/{request_id}`` has it."""

    event: str
    start_time: str
    finish_time: str | None
    """None until the event has ended, for ever if nova-compute was killed meanwhile."""


class FixedIP(TypedDict):
    """An address of an attached port."""

    ip_address: str
    subnet_id: str


class InterfaceAttachment(TypedDict):
    """A port attached to a server, as ``/servers/{id}/os-interface`` returns it."""

    port_id: str
    mac_addr: str
    fixed_ips: list[FixedIP]


class VolumeAttachment(TypedDict):
    """A volume attached to a server, as ``/servers/{id}/os-volume_attachments`` returns it."""

    volumeId: str
    serverId: str
    device: str | None
    delete_on_termination: bool


class Flavor(TypedDict):
    """A flavor, as ``GET /flavors/{id}`` and ``GET /flavors/detail`` return it since 2.61.

    Nova's policy can hide the extra specs.
    """

    id: str
    name: str
    description: NotRequired[str | None]
    vcpus: int
    ram: int
    disk: int
    extra_specs: NotRequired[dict[str, str]]


class UserKeypair(TypedDict):
    """A keypair of a user, as ``GET /os-keypairs`` lists it; the type since microversion 2.2.

    Lists lack its id and its time. Only the answer to ``POST /os-keypairs`` has a private key.
    """

    name: str
    fingerprint: str
    public_key: str
    type: NotRequired[str]
    id: NotRequired[int]
    created_at: NotRequired[str]
    private_key: NotRequired[str]


class KeypairItem(TypedDict):
    """An item of the list of keypairs."""

    keypair: UserKeypair


class Keypair(UserKeypair):
    """A keypair, as ``GET /os-keypairs/{name}`` and ``POST /os-keypairs`` return it."""

    user_id: str
