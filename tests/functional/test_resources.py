# SPDX-License-Identifier: Apache-2.0
"""Flavors and images of the real services, and a key that is none."""

import pytest

from tests.contract import check
from tests.functional.client import Client


@pytest.mark.parametrize(
    ("kind", "get", "listing"),
    [
        ("flavor", "GetInstanceType", "ListInstanceTypes"),
        ("image", "GetImage", "ListImages"),
    ],
)
def test_catalogues(member: Client, kind: str, get: str, listing: str) -> None:
    """Lists and single answers have the contract's shape and say the same."""
    service = "bcs" if kind == "flavor" else "image"
    page = member.get(f"/api/v1/{kind}s", limit=1000)
    assert check(service, listing, page) == []
    assert page["pagination"]["total"] == len(page[f"{kind}s"]) > 1
    for item in page[f"{kind}s"]:
        body = member.get(f"/api/v1/{kind}s/{item['id']}")
        assert check(service, get, body) == []
        assert body[kind] == item


def test_a_key_that_is_none(member: Client) -> None:
    """It is refused with the field's name."""
    body = {"keypair": {"name": "functional-bad", "public_key": "ssh-rsa nonsense"}}
    response = member.request("POST", "/api/v1/keypairs", json=body)
    assert response.status_code == 400
    assert response.json()["error"]["message"].startswith("public_key")
