# SPDX-License-Identifier: Apache-2.0
"""Processes that attempt the same request."""

from oslo_config import cfg

from kic_vm.attempts import Attempt, Attempts
from kic_vm.cache.sealed import SealedRedis
from kic_vm.cache.store import SharedStore
from tests.unit.fake_redis import FakeRedis
from tests.unit.personas import SECRET

LEASE = "p:idempotency:{key}:lease"
RECORD = "p:idempotency:{key}"


def process(server: FakeRedis, conf: cfg.ConfigOpts) -> Attempt:
    """An attempt at always the same request, by a process of its own."""
    store = SharedStore(SealedRedis(server, "p:", SECRET))
    return Attempts(store, conf).of("key", "fingerprint")
