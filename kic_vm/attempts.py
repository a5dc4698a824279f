"""Attempts at requests with an Idempotency-Key: who works on one, and how it ended.

The record of a request says how its last attempt ended. Its lease says whether a process works on
it now:

==============  =======================  ==========================================================
lease           record                   meaning
==============  =======================  ==========================================================
held, renewed   running or none          a process works on it
running out     running or unknown       the process is gone, or OpenStack did not answer it; a
                                         service may still act on what it was asked for
free            running or unknown       nothing happens any more; what happened is not known
free            answered, withheld       it was done
free            none                     there was no attempt, or it was refused and left nothing
==============  =======================  ==========================================================
"""

import dataclasses
import enum
import json
import threading
from collections.abc import Callable
from typing import Any

from oslo_config import cfg
from oslo_log import log as logging

from kic_vm.cache import SharedStore, StoreUnavailable
from kic_vm.leases import Keeper

JSON = dict[str, Any]

LOG = logging.getLogger(__name__)

_SIGNS_OF_LIFE = 3


class Kind(enum.StrEnum):
    """How the last attempt ended."""

    RUNNING = enum.auto()
    UNKNOWN = enum.auto()
    ANSWERED = enum.auto()
    WITHHELD = enum.auto()


@dataclasses.dataclass(frozen=True, slots=True)
class Record:
    """What is kept of a request."""

    kind: Kind
    fingerprint: str
    content: JSON
    """The answer, or the notes of an attempt without one."""
    owner: str = ""
    """The token of the lease under which this was written."""

    @property
    def is_done(self) -> bool:
        """Whether the request was done, so that it needs no further attempt."""
        return self.kind in {Kind.ANSWERED, Kind.WITHHELD}

    def to_bytes(self) -> bytes:
        """As it is kept."""
        return json.dumps([self.kind, self.fingerprint, self.content, self.owner]).encode()

    @classmethod
    def from_bytes(cls, kept: bytes) -> "Record":
        """From what was kept."""
        kind, fingerprint, content, owner = json.loads(kept)
        return cls(Kind(kind), fingerprint, content, owner)


class Attempts:
    """The attempts of all processes, in the store that they share."""

    def __init__(self, store: SharedStore, conf: cfg.ConfigOpts) -> None:
        self.store = store
        self.options = conf.idempotency
        self.keeper = Keeper(self.options.lease_time / _SIGNS_OF_LIFE)

    def of(self, identity: str, fingerprint: str) -> "Attempt":
        """An attempt at a request, not begun yet."""
        return Attempt(self, identity, fingerprint)


class Attempt:
    """One attempt at a request with a key.

    Every method raises StoreUnavailable, but for those that end an attempt: the request has been
    worked on then, so a failure to say so is only logged.
    """

    def __init__(self, attempts: Attempts, identity: str, fingerprint: str) -> None:
        self._store = attempts.store
        self._options = attempts.options
        self._keeper = attempts.keeper
        # In braces: Redis Cluster keeps both on one node, where one script can use them.
        self._key = f"idempotency:{{{identity}}}"
        self._fingerprint = fingerprint
        self._lease = self._store.lease(f"{self._key}:lease")
        self._record: Record | None = None
        # The thread that renews leases must not take one again that was just given back.
        self._lock = threading.Lock()
        self._has_ended = False

    def read(self) -> Record | None:
        """What is kept of the request."""
        kept = self._store.get(self._key)
        return None if kept is None else Record.from_bytes(kept)

    def acquire(self) -> bool:
        """Become the one that works on the request; False while another one does, or may have."""
        return self._store.acquire(self._lease, self._lease_seconds)

    def release(self) -> None:
        """Leave the request to others."""
        self._store.release(self._lease)

    def seconds_to_settle(self) -> float | None:
        """Seconds until nothing of an earlier attempt can happen; None while one is worked on."""
        remaining = self._store.remaining(self._lease)
        return remaining if remaining <= self._options.settle_time else None

    def begin(self, notes: JSON) -> None:
        """Record that the request is worked on, from now until the attempt ends."""
        self.note(notes)
        self._keeper.keep(self._lease, self._renew)

    def note(self, notes: JSON) -> bool:
        """Keep notes of the attempt for later ones; False if another process has taken over."""
        with self._lock:
            self._record = Record(Kind.RUNNING, self._fingerprint, notes)
            return self._write(self._record) or (self._hold() and self._write(self._record))

    def finish(self, kind: Kind, content: JSON) -> None:
        """End the attempt: the request was done."""
        self._end(lambda: self._write(Record(kind, self._fingerprint, content)))

    def finish_found(self, kind: Kind, content: JSON) -> None:
        """Keep the answer that was found without working on the request: it was done before."""
        record = Record(kind, self._fingerprint, content)
        try:
            self._store.set(self._key, record.to_bytes(), self._options.retention)
        except StoreUnavailable as error:
            LOG.warning("The end of a request with an Idempotency-Key is not noted: %s", error)

    def leave_open(self, *, is_settled: bool = False) -> None:
        """End the attempt: what became of the request is not known.

        :param is_settled: no service can act on the request any more
        """
        notes = self._record.content if self._record else {}
        self._end(
            lambda: self._write(Record(Kind.UNKNOWN, self._fingerprint, notes)),
            settle=not is_settled,
        )

    def forget(self) -> None:
        """End the attempt: the request was refused, and nothing is left of it."""
        self._end(self._delete)

    @property
    def _lease_seconds(self) -> float:
        return float(self._options.lease_time + self._options.settle_time)

    def _renew(self) -> None:
        """Give a sign of life; a record that was lost with Redis is written again."""
        with self._lock:
            record = self._record
            if self._has_ended or record is None:
                return
            if self._hold() and self._store.get(self._key) is None:
                self._write(record)

    def _hold(self) -> bool:
        """Hold the lease from now on; False if another process has worked on the request since.

        The lease has ended where this process was suspended, or Redis emptied. It may be taken
        again only if the record is gone, or still the one that this process wrote.
        """
        if self._store.renew(self._lease, self._lease_seconds):
            return True
        if self.acquire():
            record = self.read()
            if record is None or record.owner == self._lease.token:
                return True
            self.release()
        LOG.warning("Another process has taken over a request with an Idempotency-Key")
        return False

    def _end(self, write: Callable[[], object], *, settle: bool = False) -> None:
        self._keeper.drop(self._lease)
        with self._lock:
            self._has_ended = True
            try:
                if not self._hold():
                    return
                write()
                if settle:
                    self._store.renew(self._lease, self._options.settle_time)
                else:
                    self._store.release(self._lease)
            except StoreUnavailable as error:
                LOG.warning("The end of a request with an Idempotency-Key is not noted: %s", error)

    def _write(self, record: Record) -> bool:
        own = dataclasses.replace(record, owner=self._lease.token).to_bytes()
        return self._store.set_while_held(self._lease, self._key, own, self._options.retention)

    def _delete(self) -> None:
        self._store.delete_while_held(self._lease, self._key)
