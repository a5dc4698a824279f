# SPDX-License-Identifier: Apache-2.0
"""Generations of a project: each write begins a new generation, and older lists are not used.

The generation is a random value in Redis, so a write in one process ends the use of older lists in
all processes. While Redis is unavailable, each process has generations of its own.
"""

import secrets
import threading
from collections.abc import Callable
from typing import Final

import redis

from kic_vm.cache.memory import MemoryCache
from kic_vm.cache.outage import Outage
from kic_vm.cache.sealed import SealedRedis, UnreadableError

# Longer than the use of any list. If a generation is lost, the lists of its project are not used.
_SECONDS: Final = 3600.0
_PROJECTS: Final = 4096


class Generations:
    """The current generation of each project."""

    def __init__(self, client: SealedRedis | None, outage: Outage) -> None:
        self._client = client
        self._outage = outage
        self._own = MemoryCache(_PROJECTS)
        self._lock = threading.Lock()
        self._announcing = threading.Lock()
        self._unannounced: dict[str, bytes] = {}
        """The projects with writes that Redis was not told of, with the latest own generation."""

    def current(self, project_id: str) -> tuple[bytes, bool]:
        """The generation, and whether all processes share it."""
        shared = self._try(self._shared, project_id)
        return (self._alone(project_id), False) if shared is None else (shared, True)

    def renew(self, project_id: str) -> None:
        """Begin a new generation: lists whose fetch began earlier are no longer used."""
        own = _random()
        self._own.set(project_id, own, _SECONDS)
        if self._client is not None and self._try(self._announce, project_id) is None:
            with self._lock:
                self._unannounced[project_id] = own

    def announce_missed(self) -> bool:
        """Tell Redis of the writes that it was not told of; whether it knows of all writes now."""
        if self._client is None or not self._outage.is_over():
            return False
        try:
            self._announce_missed(self._client)
        except redis.RedisError as error:
            self._outage.begin(error)
        return not self._unannounced

    def _try(
        self, command: Callable[[SealedRedis, str], bytes | None], project_id: str
    ) -> bytes | None:
        """The result of a command; None while Redis is not used or fails."""
        if self._client is None or not self._outage.is_over():
            return None
        try:
            self._announce_missed(self._client)
            return command(self._client, project_id)
        except UnreadableError:  # another program wrote the value: replace it
            return self._try(self._announce, project_id)
        except redis.RedisError as error:
            self._outage.begin(error)
            return None

    def _announce_missed(self, client: SealedRedis) -> None:
        """Announce the writes that Redis was not told of, unless another thread is doing it."""
        if not self._unannounced or not self._announcing.acquire(blocking=False):
            return
        try:
            with self._lock:
                missed = list(self._unannounced.items())
            for project_id, own in missed:
                self._announce(client, project_id)
                with self._lock:  # another write may have been missed meanwhile
                    if self._unannounced[project_id] == own:
                        del self._unannounced[project_id]
        finally:
            self._announcing.release()

    def _alone(self, project_id: str) -> bytes:
        self._own.add(project_id, _random(), _SECONDS)
        return self._own.get(project_id) or _random()

    @staticmethod
    def _announce(client: SealedRedis, project_id: str) -> bytes:
        generation = _random()
        client.set(_key(project_id), generation, _SECONDS)
        return generation

    def _shared(self, client: SealedRedis, project_id: str) -> bytes | None:
        if project_id in self._unannounced:  # another thread will announce the write
            return None
        generation = client.get(_key(project_id))
        if generation is None:
            client.add(_key(project_id), _random(), _SECONDS)
            generation = client.get(_key(project_id))
        return generation or _random()


def _key(project_id: str) -> str:
    return f"lists-generation:{project_id}"


def _random() -> bytes:
    return secrets.token_bytes(8)
