# SPDX-License-Identifier: Apache-2.0
"""User data of an instance: its forms and its length, and that no line shows it."""

import base64
from typing import Any

import pytest

from tests.unit.bodies import body
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.operations.instance_create_requests import asked, create, refused
from tests.unit.personas import SECRET


@pytest.mark.parametrize("separator", ["\n", "\r\n", "\n\n", " ", "\t", "\u00a0"])
@pytest.mark.parametrize("length", [1, 57, 58, 1000])
def test_user_data_in_lines(member: Caller, populated: Cloud, separator: str, length: int) -> None:
    """Lines of 76 characters, as ``base64 file`` prints them, are the same text without breaks."""
    text = base64.b64encode(b"#" * length).decode()
    lines = [text[start : start + 76] for start in range(0, len(text), 76)]
    given = separator.join([*lines, ""])
    assert create(member, user_data=given).status_code == 202
    assert asked(populated)["user_data"] == text


@pytest.mark.parametrize(
    "text",
    ["not base64!", base64.b64encode(b"x" * (16 * 1024 + 1)).decode(), "YQ", 5],
)
def test_wrong_user_data(member: Caller, populated: Cloud, text: Any) -> None:
    """User data is base64 of at most 16 KB."""
    assert "instance.user_data" in refused(member, populated, user_data=text)


def test_body_stays_secret(member: Caller, populated: Cloud) -> None:
    """The longest user data passes; the guard of all tests sees to it that no line shows any."""
    text = base64.b64encode((SECRET * 3000)[: 16 * 1024].encode()).decode()
    assert create(member, user_data=text, description=SECRET).status_code == 202
    populated.answer("POST", "nova", "/servers", status=500)
    assert create(member, user_data=text, description=SECRET).status_code == 502
    populated.forget()
    populated.answer("POST", "nova", "/servers", body("server_created"), 202)
    assert create(member, user_data=text, description=SECRET).status_code == 202
    assert asked(populated)["user_data"] == text
