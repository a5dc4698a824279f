# SPDX-License-Identifier: Apache-2.0
"""Attempts at requests with an Idempotency-Key: their leases and their outcomes.

The record of a request says how its last attempt ended. Its lease says whether a process is working
on it now:

==============  =======================  ==========================================================
lease           record                   meaning
==============  =======================  ==========================================================
held, renewed   running or none          a process is working on the request
running out     running or unknown       the process has died, or got no answer from OpenStack; a
                                         service may still process the request
free            running or unknown       no service processes it any more; the outcome is unknown
free            answered, withheld       the request was done
free            none                     there was no attempt, or it was refused and left nothing
free            refused                  a repeated attempt was refused and left nothing; the record
                                         stops an earlier attempt whose process was suspended
==============  =======================  ==========================================================
"""

import contextlib
import dataclasses
import threading
import time
from collections.abc import Callable

from oslo_config import cfg
from oslo_log import log as logging

from kic_vm.attempt_records import JSON, Kind, Record
from kic_vm.cache.lease import Keeper
from kic_vm.cache.store import SharedStore, StoreUnavailable

LOG = logging.getLogger(__name__)

_RENEWALS_PER_LEASE = 3


class Attempts:
    """The attempts of all processes, in the store that they share."""

    def __init__(self, store: SharedStore, conf: cfg.ConfigOpts) -> None:
        self.store = store
        self.options = conf.idempotency
        self.keeper = Keeper(self.options.lease_time / _RENEWALS_PER_LEASE)

    def of(self, identity: str, fingerprint: str) -> "Attempt":
        """A new attempt at a request, not started yet."""
        return Attempt(self, identity, fingerprint)


class Attempt:
    """One attempt at a request with a key.

    Every method raises StoreUnavailable, except those that end an attempt: the request has been
    processed then, so a failure to record that is only logged.
    """

    def __init__(self, attempts: Attempts, identity: str, fingerprint: str) -> None:
        self._store = attempts.store
        self._options = attempts.options
        self._keeper = attempts.keeper
        # The braces make Redis Cluster keep both keys on one node, so that one script can use them.
        self._key = f"idempotency:{{{identity}}}"
        self._fingerprint = fingerprint
        self._lease_key = f"{self._key}:lease"
        self._lease = self._store.lease(self._lease_key)
        self._record: Record | None = None
        self._found: Record | None = None
        # The renewing thread must not reacquire a lease that was just released.
        self._lock = threading.Lock()
        self._has_ended = False
        self._held_at = time.monotonic()
        self._may_be_taken_over = False
        """The lease was lost, and no read of the record has shown since that nobody took over."""
        self._was_taken_over = False

    def read(self) -> Record | None:
        """The stored record of the request; None if a new attempt is like a first one."""
        self._found = self._read()
        return self._found if self._is_continued else None

    def acquire(self) -> bool:
        """Acquire the lease; False while another attempt holds it or its outcome is open."""
        now = time.monotonic()
        is_acquired = self._acquire()
        if is_acquired:
            self._held_at = now
        return is_acquired

    def release(self) -> None:
        """Release the lease."""
        self._store.release(self._lease)

    def seconds_to_settle(self) -> float | None:
        """Seconds until an earlier attempt can have no effect; None while it is in progress."""
        remaining = self._store.remaining(self._lease)
        return remaining if remaining <= self._options.settle_time else None

    def begin(self, notes: JSON) -> bool:
        """Record that the request is in progress, and renew the lease until the attempt ends.

        False if the lease has expired: another process may have taken over.
        """
        record = Record(Kind.RUNNING, self._fingerprint, notes)
        try:
            is_begun = self._write(record)
        except StoreUnavailable:
            self._withdraw()
            raise
        if is_begun:
            self._record = record
            self._keeper.keep(self._lease, self._renew)
        return is_begun

    def is_taken_over(self) -> bool:
        """Whether another attempt holds the lease; otherwise Redis has lost it, or it expired."""
        return self._store.remaining(self._lease) > 0

    def is_held(self) -> bool:
        """Whether this process still has the lease, which Redis renews; False if another may.

        While Redis fails, a lease that is not known to be lost counts as held for ``lease_time``
        after its last renewal.
        """
        with self._lock:
            try:
                return self._hold()
            except StoreUnavailable:
                is_recent = time.monotonic() - self._held_at < self._options.lease_time
                if is_recent and not self._may_be_taken_over:
                    return True
                raise

    def note(self, notes: JSON) -> bool:
        """Store notes for later attempts; False if another process has taken over."""
        with self._lock:
            self._record = Record(Kind.RUNNING, self._fingerprint, notes)
            if not self._may_be_taken_over and self._write(self._record):
                return True
            return self._hold() and self._write(self._record)

    def finish(self, kind: Kind, content: JSON) -> None:
        """End the attempt: the request was done."""
        self._end(lambda: self._write(Record(kind, self._fingerprint, content)))

    def finish_found(self, kind: Kind, content: JSON) -> None:
        """Store the response that was found for a request that an earlier attempt has done.

        Only if no other process has taken over since the record was read. The earlier attempt
        loses its lease: if its process is only suspended, it can no longer undo what was found.
        """
        if self._found is None:
            return
        earlier = self._store.lease(self._lease_key, self._found.owner)
        record = Record(kind, self._fingerprint, content).to_bytes()
        try:
            self._store.set_and_release(earlier, self._key, record, self._options.retention)
        except StoreUnavailable as error:
            LOG.warning("The end of a request with an Idempotency-Key is not noted: %s", error)

    def leave_open(self, *, is_settled: bool = False) -> None:
        """End the attempt: the outcome of the request is unknown.

        :param is_settled: whether no service can process the request any more
        """
        notes = self._record.content if self._record else {}
        self._end(
            lambda: self._write(Record(Kind.UNKNOWN, self._fingerprint, notes)),
            settle=not is_settled,
        )

    def forget(self) -> None:
        """End the attempt: the request was refused and left nothing behind."""
        self._end(self._remove)

    @property
    def _is_continued(self) -> bool:
        """Whether the attempt continues one whose outcome is not known, or that was done."""
        return self._found is not None and self._found.kind is not Kind.REFUSED

    @property
    def _lease_seconds(self) -> float:
        return float(self._options.lease_time + self._options.settle_time)

    def _renew(self) -> None:
        """Renew the lease, and write the record again if Redis has lost it."""
        with self._lock:
            record = self._record
            if self._has_ended or record is None:
                return
            if self._hold() and self._store.get(self._key) is None:
                self._write(record)

    def _acquire(self) -> bool:
        try:
            return self._store.acquire(self._lease, self._lease_seconds)
        except StoreUnavailable:
            self._withdraw_lease()
            raise

    def _hold(self) -> bool:
        """Renew or reacquire the lease; False if another process has taken over the request.

        The lease has expired if this process was suspended or Redis was emptied. It may be
        reacquired only if the record is missing, or is still the one that this process wrote. Until
        the record was read, a reacquired lease proves nothing: another process may have taken over
        and finished in between.
        """
        if self._was_taken_over:
            return False
        now = time.monotonic()
        is_renewed = self._store.renew(self._lease, self._lease_seconds)
        if not is_renewed:
            self._may_be_taken_over = True
        if is_renewed or self._acquire():
            if not self._may_be_taken_over or self._is_record_own():
                self._may_be_taken_over = False
                self._held_at = now
                return True
            self._withdraw_lease()
        self._was_taken_over = True
        LOG.warning("Another process has taken over a request with an Idempotency-Key")
        return False

    def _is_record_own(self) -> bool:
        """Whether no other process has written the record. Redis may have lost it."""
        record = self._read()
        return record is None or record.owner == self._lease.token

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
        stored = dataclasses.replace(record, owner=self._lease.token).to_bytes()
        return self._store.set_while_held(self._lease, self._key, stored, self._options.retention)

    def _read(self) -> Record | None:
        stored = self._store.get(self._key)
        return None if stored is None else Record.from_bytes(stored)

    def _remove(self) -> None:
        """Delete the record, or replace it if the process of an earlier attempt may resume.

        That process would take a missing record for one that Redis has lost, and go on.
        """
        if self._found is None:
            self._store.delete_while_held(self._lease, self._key)
        else:
            self._write(Record(Kind.REFUSED, self._fingerprint, {}))

    def _withdraw(self) -> None:
        """Undo a failed start, of which Redis may have stored the record."""
        with contextlib.suppress(StoreUnavailable):
            if not self._is_continued:
                self._remove()
        self._withdraw_lease()

    def _withdraw_lease(self) -> None:
        """Release the lease after a failed start or a takeover."""
        try:
            self._store.release(self._lease)
        except StoreUnavailable as error:
            LOG.warning("The lease of a request with an Idempotency-Key is not released: %s", error)
