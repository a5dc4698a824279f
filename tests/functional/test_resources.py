"""Flavors, images and keypairs of the real services."""

from collections.abc import Callable

import pytest

from tests.contract import check
from tests.functional.client import Client

PUBLIC_KEY = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBeFfmGHBnEWfMnOjbcZGcqAk2jbmcf5q7Wq6nTuYJwP functional"
)


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


def test_keypairs(member: Client, persona: Callable[[str], Client]) -> None:
    """An imported key comes back as it was given; a name can be taken once in a project."""
    member.delete("/api/v1/keypairs/functional")
    body = {"keypair": {"name": "functional", "public_key": PUBLIC_KEY}}
    created = member.request("POST", "/api/v1/keypairs", json=body)
    assert created.status_code == 201, created.text
    assert created.json()["keypair"]["private_key"] is None
    assert member.request("POST", "/api/v1/keypairs", json=body).status_code == 409
    shown = member.get("/api/v1/keypairs/functional")
    assert check("bcs", "GetKeypair", shown) == []
    assert shown["keypair"]["public_key"] == PUBLIC_KEY
    page = member.get("/api/v1/keypairs", name="functional")
    assert check("bcs", "ListKeypairs", page) == []
    assert "functional" in {keypair["name"] for keypair in page["keypairs"]}
    assert persona("kic-other").request("GET", "/api/v1/keypairs/functional").status_code == 404
    assert member.delete("/api/v1/keypairs/functional") == 204


def test_a_key_that_is_none(member: Client) -> None:
    """It is refused with the field's name."""
    body = {"keypair": {"name": "functional-bad", "public_key": "ssh-rsa nonsense"}}
    response = member.request("POST", "/api/v1/keypairs", json=body)
    assert response.status_code == 400
    assert response.json()["error"]["message"].startswith("public_key")
