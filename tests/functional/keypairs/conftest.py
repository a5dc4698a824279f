# SPDX-License-Identifier: Apache-2.0
"""Names of keypairs of the tests' own."""

import uuid
from collections.abc import Callable, Iterator

import pytest

from tests.functional.client import Client
from tests.functional.keypairs.keypair_requests import PATH

Persona = Callable[[str], Client]


@pytest.fixture
def name(persona: Persona) -> Iterator[str]:
    """A name of the test's own; whoever has made a keypair of it deletes it."""
    made = f"functional-{uuid.uuid4().hex[:8]}"
    yield made
    for who in ("kic-member", "kic-member2", "kic-admin"):
        persona(who).delete(f"{PATH}/{made}")
