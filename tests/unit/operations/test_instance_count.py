# SPDX-License-Identifier: Apache-2.0
"""POST /api/v1/instances with a count: all are made and named, or none is left."""

import uuid
from typing import Any

import pytest

from tests.contract import check
from tests.unit.bodies import SERVER
from tests.unit.cloud import MICROVERSION, Cloud
from tests.unit.conftest import Answer, Caller
from tests.unit.envelope import refusal
from tests.unit.fake_redis import FakeRedis
from tests.unit.middleware.test_idempotency import TAGGED
from tests.unit.operations.instance_create_requests import ASKED, create
from tests.unit.requests_of import CREATE

RESERVATION = "r-0a1b2c3d"
IDS = {f"web-{number}": str(uuid.UUID(int=number)) for number in range(1, 4)}


class TestByNova:
    """Nova makes all of them in one call."""

    @pytest.fixture
    def reserving(self, populated: Cloud) -> Cloud:
        """Nova answers with a reservation, and lists its servers in no order."""
        populated.answer("POST", "nova", "/servers", {"reservation_id": RESERVATION}, 202)
        servers = [
            {"id": IDS[name], "name": name, "OS-DCF:diskConfig": "MANUAL"} for name in reversed(IDS)
        ]
        populated.answer(
            "GET", "nova", f"/servers/detail?reservation_id={RESERVATION}", {"servers": servers}
        )
        return populated

    def test_answer(self, member: Caller, reserving: Cloud) -> None:
        """The answer has what the contract says about the first one, and all ids and names."""
        response = create(member, count=3, security_groups=[{"name": "default"}])
        assert response.status_code == 202, response.text
        assert check("bcs", "CreateInstance", response.json) == []
        (sent,) = reserving.sent("nova", "POST")
        assert sent.headers[MICROVERSION] == "compute 2.67"
        server = sent.json()["server"]
        password = server.pop("adminPass")
        assert len(password) >= 12
        assert server == ASKED | {
            "min_count": 3,
            "max_count": 3,
            "return_reservation_id": True,
            "security_groups": [{"name": "default"}],
        }
        assert response.json == {
            "instance": {
                "id": IDS["web-1"],
                "security_groups": [{"name": "default"}],
                "admin_pass": password,
                "disk_config": "MANUAL",
            },
            "instances": [{"id": IDS[name], "name": name} for name in IDS],
        }

    def test_calls(self, member: Caller, reserving: Cloud) -> None:
        """It is one call more than for one instance, and no port is made."""
        assert create(member, count=3).status_code == 202
        assert len(reserving.calls()) == 6
        assert reserving.writes() == ["POST nova /servers"]

    @pytest.mark.parametrize("status", [500, 503])
    def test_not_told_which(self, member: Caller, reserving: Cloud, status: int) -> None:
        """When Nova does not say which they are, the caller is told that they are being made."""
        reserving.answer("GET", "nova", "/servers/detail", status=status)
        message = refusal(create(member, count=3), 502, "upstream_error")["message"]
        assert message.startswith("The instances are being created")

    def test_some_not_told(self, member: Caller, reserving: Cloud) -> None:
        """The same when Nova leaves some of them out, as a part of it does not answer."""
        server = {"id": IDS["web-1"], "name": "web-1", "OS-DCF:diskConfig": "MANUAL"}
        reserving.answer("GET", "nova", "/servers/detail", {"servers": [server]})
        message = refusal(create(member, count=3), 502, "upstream_error")["message"]
        assert message.startswith("The instances are being created")


class TestRepeated:
    """The same request again, with its key, when Redis has lost what it knew."""

    KEY = {"Idempotency-Key": "7c9d3e2a-0000-4000-8000-000000000002"}  # noqa: RUF012

    @pytest.fixture
    def options(self) -> str:
        """Redis is needed for a key."""
        return "[redis]\nurl = redis://redis.test\n"

    def repeat(
        self, member: Caller, cloud: Cloud, store: FakeRedis, count: int, *states: str | None
    ) -> Answer:
        """Ask twice, Redis forgetting between; servers of the first time are in these states."""
        cloud.answer_pattern("GET", TAGGED, lambda *_: {"servers": []})
        cloud.answer("POST", "nova", "/servers", {"reservation_id": RESERVATION}, 202)
        cloud.answer(
            "GET", "nova", f"/servers/detail?reservation_id={RESERVATION}", {"servers": []}, 503
        )
        wanted = {"instance": CREATE | {"count": count}}
        assert member.post("/api/v1/instances", json=wanted, headers=self.KEY).status_code == 502
        tags = cloud.sent("nova", "POST")[-1].json()["server"]["tags"]
        made = [
            SERVER
            | {
                "id": str(uuid.UUID(int=number)),
                "name": f"web-{number}",
                "tags": tags,
                "OS-EXT-STS:task_state": state,
            }
            for number, state in enumerate(states, 1)
        ]
        cloud.answer_pattern("GET", TAGGED, lambda *_: {"servers": made[::-1]})
        store.values.clear()
        cloud.forget()
        return member.post("/api/v1/instances", json=wanted, headers=self.KEY)

    def test_silent_cell(self, member: Caller, populated: Cloud, store: FakeRedis) -> None:
        """A cell that does not respond may have the servers, although Redis knows of no request."""
        fragments = [{"id": SERVER["id"], "status": "UNKNOWN"}]
        answers: list[dict[str, Any]] = [{"servers": []}, {"servers": fragments}]
        populated.answer_in_turn("GET", "nova", "/servers", [{"json": one} for one in answers])
        response = self.repeat(member, populated, store, 2)
        assert refusal(response, 503, "upstream_unavailable")["service"] == "compute"
        assert populated.writes() == []

    def test_all_there(self, member: Caller, populated: Cloud, store: FakeRedis) -> None:
        """All are named again in their order, and none is made."""
        response = self.repeat(member, populated, store, 11, *[None] * 11)
        assert response.status_code == 202, response.text
        assert [one["name"] for one in response.json["instances"]] == [
            f"web-{number}" for number in range(1, 12)
        ]
        assert populated.writes() == []

    def test_some_there(self, member: Caller, populated: Cloud, store: FakeRedis) -> None:
        """Where some are missing, neither a part is passed off as all nor are more made."""
        error = refusal(self.repeat(member, populated, store, 3, None, "deleting"), 409, "conflict")
        assert error["message"].startswith("This request created 1 of its 3 instances")
        assert populated.writes() == []

    def test_on_their_way_out(self, member: Caller, populated: Cloud, store: FakeRedis) -> None:
        """Those that a failed request removes do not count: the retry is a first try."""
        self.repeat(member, populated, store, 2, "deleting", "deleting")
        assert populated.writes() == ["POST nova /servers"]
