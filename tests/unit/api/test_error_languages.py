# SPDX-License-Identifier: Apache-2.0
"""Errors in the language that the client prefers; everything but their messages is the same."""

from typing import Any

import pytest
import requests

from kic_vm.api.error_messages import translations
from kic_vm.exceptions import QuotaExceeded
from kic_vm.lifecycle.table import load_tables
from kic_vm.operations.refusals import refusal as command_refusal
from tests.unit.cloud import Cloud
from tests.unit.conftest import Answer, Caller
from tests.unit.requests_of import arguments_of

JSON = dict[str, Any]
KOREAN = {"Accept-Language": "ko-KR,ko;q=0.9,en;q=0.8"}
KEYPAIRS = "/api/v1/keypairs"
IMPORT = {"keypair": {"name": "imported", "public_key": "ssh-ed25519 AAAA k"}}


@pytest.fixture
def options() -> str:
    return "[redis]\nurl = redis://redis.test\n"


def without_messages(body: JSON) -> JSON:
    """An error without its messages and the request id."""
    error = {key: value for key, value in body["error"].items() if key != "request_id"}
    del error["message"]
    problems = error.get("errors", [])
    return error | {"errors": [problem | {"message": ""} for problem in problems]}


def in_both(caller: Caller, method: str, path: str, **kwargs: Any) -> tuple[JSON, JSON]:
    """The errors of a request in English and Korean, which differ only in their messages."""
    english = caller.request(method, path, **kwargs)
    korean = caller.request(method, path, headers=KOREAN, **kwargs)
    assert_language(english, "en")
    assert_language(korean, "ko")
    assert english.status_code == korean.status_code
    assert without_messages(english.json) == without_messages(korean.json)
    return english.json["error"], korean.json["error"]


def assert_language(response: Answer, language: str) -> None:
    """The headers name the language, and that it was negotiated."""
    assert response.headers["Content-Language"] == language
    assert "Accept-Language" in response.vary


def test_fields(member: Caller, populated: Cloud) -> None:
    """The messages about fields are Korean; the paths and codes are not."""
    body = {"keypair": {"name": "", "surprise": 1}}
    english, korean = in_both(member, "POST", KEYPAIRS, json=body)
    assert [problem["message"] for problem in english["errors"]][-1] == "Unknown field."
    assert [problem["message"] for problem in korean["errors"]][-1] == "알 수 없는 필드입니다."
    assert "keypair.surprise: 알 수 없는 필드입니다." in korean["message"]


def test_many_fields(member: Caller, populated: Cloud) -> None:
    """The message counts the fields that it does not name, in Korean too."""
    body = {"keypair": {"name": "x"} | {f"field_{number}": 1 for number in range(8)}}
    english, korean = in_both(member, "POST", KEYPAIRS, json=body)
    assert english["message"].endswith("(and 3 more)")
    assert korean["message"].endswith("(외 3건)")


def test_field_of_an_operation(member: Caller, populated: Cloud) -> None:
    """The name of a resource stays as it is."""
    populated.forget()
    english, korean = in_both(member, "GET", f"{KEYPAIRS}/no-such-one")
    assert english["message"] == "There is no keypair 'no-such-one' in this project."
    assert korean["message"] == "이 프로젝트에 'no-such-one' 키페어가 없습니다."


def test_without_a_token(anybody: Caller) -> None:
    """A refusal of keystonemiddleware is Korean too."""
    _english, korean = in_both(anybody, "GET", KEYPAIRS)
    assert korean["message"].startswith("이 작업에는 유효한 토큰이 필요합니다.")


def test_no_such_path(member: Caller) -> None:
    """Layers outside of the application answer in Korean too."""
    _english, korean = in_both(member, "GET", "/no/such/path")
    assert korean["message"].startswith("이 경로에 해당하는 작업이 없습니다.")


def test_lost_answer(member: Caller, populated: Cloud) -> None:
    """The addition about an unknown outcome is Korean."""
    populated.lose_writes(requests.ReadTimeout)
    path = "/api/v1/volumes"
    english, korean = in_both(member, "POST", path, **arguments_of("POST", path))
    assert "The request may have been done" in english["message"]
    assert korean["message"].endswith("GET /api/v1/volumes(으)로 처리 여부를 확인하십시오.")


def test_not_ready(anybody: Caller, cloud: Cloud) -> None:
    """The readiness report has its error in Korean."""
    cloud.take_down("keystone")
    response = anybody.get("/readiness", headers=KOREAN)
    assert response.status_code == 503
    assert_language(response, "ko")
    assert response.json["error"]["message"].startswith("준비되지 않았습니다.")


def test_reads(reader: Caller, populated: Cloud) -> None:
    """A read is the same for each language: its tag is valid for both, and no header varies."""
    english = reader.get(KEYPAIRS)
    korean = reader.get(KEYPAIRS, headers=KOREAN)
    assert english.data == korean.data
    assert english.headers["ETag"] == korean.headers["ETag"]
    assert "Content-Language" not in korean.headers
    assert "Accept-Language" not in korean.vary
    tag = {"If-None-Match": english.headers["ETag"]}
    assert reader.get(KEYPAIRS, headers=KOREAN | tag).status_code == 304


def test_retries(member: Caller, populated: Cloud) -> None:
    """A retry in another language is the same request."""
    key = {"Idempotency-Key": "7c9d3e2a-0000-4000-8000-000000000001"}
    first = member.post(KEYPAIRS, json=IMPORT, headers=key)
    again = member.post(KEYPAIRS, json=IMPORT, headers=key | KOREAN)
    assert (again.status_code, again.json) == (201, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    other = {"keypair": IMPORT["keypair"] | {"name": "other"}}
    reused = member.post(KEYPAIRS, json=other, headers=key | KOREAN)
    assert reused.status_code == 422
    assert reused.json["error"]["code"] == "idempotency_key_reused"
    assert reused.json["error"]["message"].startswith("이 Idempotency-Key는 다른 요청에")


def test_access_log(member: Caller, lines: list[str]) -> None:
    """The log stays English."""
    member.get("/no/such/path", headers=KOREAN)
    assert any("status=404" in line for line in lines)
    assert not any("가" <= character <= "힣" for line in lines for character in line)


@pytest.mark.parametrize(
    "figures",
    [
        {},
        {"quota": "cores"},
        {"quota": "cores", "limit": 4},
        {"quota": "cores", "requested": 2},
        {"quota": "cores", "limit": 4, "requested": 2},
        {"quota": "cores", "limit": 4, "used": 3},
        {"quota": "cores", "limit": 4, "used": 3, "requested": 2},
    ],
    ids=lambda figures: "-".join(figures) or "none",
)
def test_quotas(figures: dict[str, Any]) -> None:
    """The figures of a quota are in the Korean sentence, and no English word is left."""
    korean = translations("ko")(QuotaExceeded(**figures).message)
    assert "할당량" in korean
    assert not any(word in korean for word in ("quota", "limit", "use", "request", "resources"))
    assert all(str(value) in korean for value in figures.values())


def test_commands() -> None:
    """A refused command has its state, its reason and the possible commands in Korean."""
    tables = load_tables()
    for what, table in (("instance", tables.instances), ("volume", tables.volumes)):
        for row in table.rows:
            for command in table.actions:
                for state in (row, *(row.limited_by(limit) for limit in table.limits.values())):
                    message = translations("ko")(command_refusal(what, state, command).message)
                    assert not any(
                        word in message
                        for word in (" is ", " the ", "possible", "Possible", "none")
                    ), message


@pytest.mark.parametrize(
    ("kind", "korean"),
    [
        ("volume", "볼륨"),
        ("flavor", "인스턴스 유형"),
        ("VPC", "VPC"),
        ("subnet", "서브넷"),
        ("image", "이미지"),
        ("route table", "라우팅 테이블"),
        ("security group", "보안 그룹"),
        ("network interface", "네트워크 인터페이스"),
    ],
)
def test_references(kind: str, korean: str) -> None:
    """The kind of a resource is Korean, as the glossary names it."""
    message = translations("ko")(f"there is no {kind} x-1 that this project can use.")
    assert f"사용할 수 있는 {korean}" in message
    assert message.endswith(": x-1.")
