# SPDX-License-Identifier: Apache-2.0
"""Errors of requests with an Idempotency-Key."""

import math

from kic_vm.exceptions.base import KicVmError


class IdempotencyInProgress(KicVmError):
    """A request with this Idempotency-Key is in progress, or may still have an effect.

    :param retry_after: seconds after which a retry makes sense
    """

    status = 409
    code = "idempotency_in_progress"
    sentence = (
        "An earlier request with this Idempotency-Key is in progress, or its outcome is not known "
        "yet: try again after the time in the Retry-After header."
    )

    def __init__(self, retry_after: float = 1.0) -> None:
        super().__init__()
        self.retry_after = max(1, math.ceil(retry_after))


class OutcomeUnknown(KicVmError):
    """An earlier request with this Idempotency-Key may have been done; this is unknown."""

    status = 409
    code = "outcome_unknown"
    sentence = (
        "An earlier request with this Idempotency-Key got no answer from OpenStack, and the "
        "gateway cannot determine its outcome. Check whether it was done; if not, try again with a "
        "new key."
    )


class IdempotencyAnswerWithheld(KicVmError):
    """The first response had a secret, which is returned only once and not stored."""

    status = 409
    code = "idempotency_answer_withheld"
    sentence = (
        "The request with this Idempotency-Key was done. Its response had a secret, which is "
        "returned only once: if you have lost it, delete the created resource and create it again."
    )


class IdempotencyKeyReused(KicVmError):
    """The Idempotency-Key was used for a different request."""

    status = 422
    code = "idempotency_key_reused"
    sentence = (
        "This Idempotency-Key was used for a different request: use a new key for each request."
    )


class IdempotencyNotOffered(KicVmError):
    """The gateway has no Redis, which its processes would share."""

    status = 501
    code = "idempotency_not_offered"
    sentence = (
        "This gateway does not support the Idempotency-Key, because it has no Redis. Nothing was "
        "done: send the request without an Idempotency-Key."
    )


class IdempotencyUnavailable(KicVmError):
    """The Redis that the gateway's processes share does not answer."""

    status = 503
    code = "idempotency_unavailable"
    sentence = (
        "The gateway cannot look up the Idempotency-Key at the moment: try again later with the "
        "same key. Without it, a request that was done before would be done twice."
    )
