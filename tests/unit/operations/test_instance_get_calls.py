# SPDX-License-Identifier: Apache-2.0
"""GET /api/v1/instances/{instance_id}: what it costs, and its volumes."""

import uuid
from typing import Any

import pytest

from tests.unit.bodies import DATA_VOLUME, ROOT_VOLUME, SERVER, body
from tests.unit.cloud import MICROVERSION, Cloud
from tests.unit.conftest import Caller
from tests.unit.shown_instance import shown

JSON = dict[str, Any]
ATTACHED = SERVER["os-extended-volumes:volumes_attached"]
MANY = ATTACHED + [
    {"id": str(uuid.UUID(int=number)), "delete_on_termination": False} for number in range(7)
]


@pytest.mark.parametrize(
    ("volumes", "questions"),
    [
        (ATTACHED[:0], []),
        (ATTACHED[:1], [f"GET cinder /volumes/{ROOT_VOLUME}"]),
        (ATTACHED, ["GET cinder /volumes/detail?limit=1000"]),
        (MANY, ["GET cinder /volumes/detail?limit=1000"]),
    ],
    ids=["none", "one", "two", "many"],
)
def test_calls(reader: Caller, populated: Cloud, volumes: list[JSON], questions: list[str]) -> None:
    """With a warm token it is 3 calls and one for its volumes, side by side."""
    changes = {"os-extended-volumes:volumes_attached": volumes}
    shown(reader, populated, **changes)
    populated.forget()
    instance = shown(reader, populated, **changes)
    assert instance["attached_volume_count"] == len(volumes)
    assert [call for call in populated.calls() if "cinder" in call] == questions
    assert len(populated.calls()) == 3 + len(questions)
    assert populated.tokens_sent("GET") == []
    (server,) = populated.sent("nova")
    assert server.headers[MICROVERSION] == "compute 2.90"


def test_calls_in_a_large_project(reader: Caller, populated: Cloud) -> None:
    """Where Cinder has very many to list, it is asked for each of an instance's volumes."""
    volumes = body("volumes")["volumes"]
    for volume in volumes:
        populated.answer("GET", "cinder", f"/volumes/{volume['id']}", {"volume": volume})
    others = [volumes[0] | {"id": str(uuid.UUID(int=number))} for number in range(30)]
    populated.answer("GET", "cinder", "/volumes/detail", {"volumes": [*volumes, *others]})
    shown(reader, populated)
    populated.forget()
    both = shown(reader, populated)["attached_volumes"]
    assert [(item["id"], item["size"]) for item in both] == [(ROOT_VOLUME, 5), (DATA_VOLUME, 1)]
    assert [call for call in populated.calls() if "cinder" in call] == [
        f"GET cinder /volumes/{DATA_VOLUME}",
        f"GET cinder /volumes/{ROOT_VOLUME}",
    ]


def test_other_volumes_than_before(reader: Caller, populated: Cloud) -> None:
    """Which volumes an instance had the last time does not decide which it has now."""
    before = {"os-extended-volumes:volumes_attached": ATTACHED[:1]}
    shown(reader, populated, **before)
    both = shown(reader, populated)["attached_volumes"]
    assert [(item["id"], item["size"]) for item in both] == [(ROOT_VOLUME, 5), (DATA_VOLUME, 1)]
    (root,) = shown(reader, populated, **before)["attached_volumes"]
    assert (root["id"], root["size"]) == (ROOT_VOLUME, 5)
