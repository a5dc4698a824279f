# SPDX-License-Identifier: Apache-2.0
"""POSTs with an Idempotency-Key whose answers are lost."""

from typing import Any, Final

from tests.unit.conftest import Caller
from tests.unit.fake_redis import FakeRedis
from tests.unit.requests_of import arguments_of, path_of

KEY: Final = {"Idempotency-Key": "5b1d53a5-6a0b-4d6c-9a5c-000000000001"}


def post(who: Caller, path: str) -> Any:
    """A good request, always the same one, with the key."""
    arguments = arguments_of("POST", path)
    arguments["headers"] = {**arguments.get("headers", {}), **KEY}
    if path == "/api/v1/keypairs":
        arguments["json"]["keypair"]["name"] = "the-same"
    return who.request("POST", path_of("POST", path), **arguments)


def settle(store: FakeRedis) -> None:
    """Let the time pass in which a service may still act on a request that it did not answer."""
    for key in list(store.values):
        if key.endswith(":lease"):
            del store.values[key]
