# SPDX-License-Identifier: Apache-2.0
"""Recorded answers scaled to a project of any size, serialised beforehand.

Each machine has what a recorded one has: a port, a root volume, and every tenth of them a floating
IP. Ids, names, addresses and times are its own.
"""

import dataclasses
import datetime
import json
import uuid
from collections.abc import Callable
from typing import Any, Final

from bench import recorded

JSON = dict[str, Any]

VERSIONS: Final = ("2.1", "2.90", "2.96")
_BEGIN: Final = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
_KINDS: Final = ("server", "volume", "port", "floatingip")


def identifier(kind: str, number: int) -> str:
    """The id of the number-th of its kind."""
    return str(uuid.UUID(int=(_KINDS.index(kind) + 1 << 96) + (4 << 76) + (8 << 60) + number))


@dataclasses.dataclass(frozen=True)
class Lists:
    """What the services list, each newest first."""

    servers: dict[str, list[JSON]]
    """By microversion."""
    volumes: list[JSON]
    ports: list[JSON]
    floatingips: list[JSON]
    flavors: list[JSON]
    security_groups: list[JSON]
    images: list[JSON]


class World:
    """A project with ``count`` machines."""

    def __init__(self, count: int) -> None:
        answers = recorded.load()["answers"]
        numbers = range(count - 1, -1, -1)
        (floating_ip,) = answers["floatingips"]["floatingips"]
        servers = {
            version: _scaled(answers[f"servers-{version}"]["servers"], numbers, _server)
            for version in VERSIONS
        }
        self.lists = Lists(
            servers=servers | {"2.79": [_without_hostname(item) for item in servers["2.90"]]},
            volumes=_scaled(answers["volumes"]["volumes"], numbers, _volume),
            ports=_scaled(answers["ports"]["ports"], numbers, _port),
            floatingips=_scaled([floating_ip], numbers[::10], _floating_ip),
            flavors=answers["flavors"]["flavors"],
            security_groups=answers["security_groups"]["security_groups"],
            images=answers["images"]["images"],
        )


def _scaled(
    templates: list[JSON], numbers: range, change: Callable[[JSON, int], None]
) -> list[JSON]:
    texts = [json.dumps(template) for template in templates]
    found = []
    for number in numbers:
        item = json.loads(texts[number % len(texts)])
        change(item, number)
        found.append(item)
    return found


def name_of(number: int) -> str:
    """A machine's name."""
    return f"web-{number:05}"


def _time(number: int) -> str:
    moment = _BEGIN + datetime.timedelta(seconds=37 * number)
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def _address(number: int) -> str:
    return f"10.99.{number // 250}.{number % 250 + 1}"


def _mac(number: int) -> str:
    return f"fa:16:3e:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"


def _server(item: JSON, number: int) -> None:
    item["id"] = identifier("server", number)
    item["name"] = name_of(number)
    item["created"] = item["updated"] = _time(number) + "Z"
    if "OS-EXT-SRV-ATTR:hostname" in item:
        item["OS-EXT-SRV-ATTR:hostname"] = item["name"]
    for shown in item["addresses"].values():
        shown[0] |= {"addr": _address(number), "OS-EXT-IPS-MAC:mac_addr": _mac(number)}
    item["os-extended-volumes:volumes_attached"][0]["id"] = identifier("volume", number)
    for link in item["links"]:
        link["href"] = link["href"].rpartition("/")[0] + "/" + item["id"]


def _without_hostname(item: JSON) -> JSON:
    """A server as Nova shows it to a member from 2.73 to 2.89."""
    return {key: value for key, value in item.items() if key != "OS-EXT-SRV-ATTR:hostname"}


def _volume(item: JSON, number: int) -> None:
    item["id"] = identifier("volume", number)
    item["created_at"] = item["updated_at"] = _time(number) + ".000000"
    item["attachments"][0] |= {
        "id": item["id"],
        "volume_id": item["id"],
        "server_id": identifier("server", number),
    }
    for link in item["links"]:
        link["href"] = link["href"].rpartition("/")[0] + "/" + item["id"]


def _port(item: JSON, number: int) -> None:
    item["id"] = identifier("port", number)
    item["device_id"] = identifier("server", number)
    item["mac_address"] = _mac(number)
    item["created_at"] = item["updated_at"] = _time(number) + "Z"
    item["fixed_ips"][0]["ip_address"] = _address(number)


def _floating_ip(item: JSON, number: int) -> None:
    item["id"] = identifier("floatingip", number)
    item["port_id"] = identifier("port", number)
    item["fixed_ip_address"] = _address(number)
    item["floating_ip_address"] = f"203.0.{number // 250}.{number % 250 + 1}"
