# SPDX-License-Identifier: Apache-2.0
"""Requests about keypairs, as the tests send them."""

import requests

from tests.functional.client import Client

PATH = "/api/v1/keypairs"
KEYS = {
    "ed25519": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBeFfmGHBnEWfMnOjbcZGcqAk2jbmcf5q7Wq6nTuYJwP f",
    "ecdsa": (
        "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBNlxUhg6akok"
        "CPPhVk8vav64Ik/nKnwb9qfqlr7lgKN/o+PaxOX96a0RHJh6+0rL8+9rU891b4cn13aHmyGdQjw= f"
    ),
    "rsa": (
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCztIQ0H2dZx6erPmpK1cOY6zDZ+PRGGvwmyMrGu5iaJ5fU"
        "SBwL6X4jVlPs7ha1CNZARoow9OQimAQ+djqKPvmit4THAULmhpk0Vqk49bofeVSxuq5pSiZsrQq4nZbGFXII"
        "irh/qqCSrdkS+4nRdRWvyeHeCxtyoJzabrEzy72SeQBNLvvfeUlo6PYYt21/1Hvu2TkOyWsOZyS26Mxub+am"
        "68lTj3wePsO5gRglTXXNW5mOJd+iAPAawguLmK4tGvynFvdrpWDoIAA21/fvef4ZPpjdgUMUdUNeJ1OByyNb"
        "Yr56Gx19R5s1DIa2Z2k/4J+Juv4B2RUzXjqGOXp3R1vx f"
    ),
}


def create(client: Client, name: str, public_key: str | None = None) -> requests.Response:
    wanted = {"name": name} | ({"public_key": public_key} if public_key else {})
    return client.request("POST", PATH, json={"keypair": wanted})


def names(client: Client, name: str) -> list[str]:
    return [one["name"] for one in client.get(PATH, name=name)["keypairs"]]


def code(response: requests.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]
