# SPDX-License-Identifier: Apache-2.0
"""Asks from outside whether something answers."""

import socket
import urllib.error
import urllib.request

from .deployment import ADDRESS

ANSWERS = {200, 300, 401}


def port_open(port: int) -> bool:
    """Whether something listens on a TCP port."""
    try:
        with socket.create_connection((ADDRESS, port), timeout=2):
            return True
    except OSError:
        return False


def port_free(port: int) -> bool:
    """Whether a server could listen on a TCP port."""
    with socket.socket() as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((ADDRESS, port))
        except OSError:
            return False
    return True


def http_answers(url: str) -> bool:
    """Whether an API answers as one that is healthy."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=10) as response:
            return response.status in ANSWERS
    except urllib.error.HTTPError as error:
        return error.code in ANSWERS
    except OSError:
        return False
