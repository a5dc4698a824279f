# SPDX-License-Identifier: Apache-2.0
"""Answers of the gateway in a word or two."""

import requests


def shown(answer: requests.Response) -> str:
    """The status, and the code of an error: ``202``, ``409 idempotency_in_progress``."""
    if answer.status_code < 400:
        return str(answer.status_code)
    try:
        return f"{answer.status_code} {answer.json()['error']['code']}"
    except (ValueError, KeyError, TypeError):
        return f"{answer.status_code} no envelope"
