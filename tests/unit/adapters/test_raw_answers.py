# SPDX-License-Identifier: Apache-2.0
"""Answers over a real connection that are not HTTP as the libraries expect it."""

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Final

import pytest
import requests

from kic_vm.adapters.http.bodies import BodyTooLarge
from kic_vm.adapters.http.client import HttpClient

MAX_SIZE: Final = 1000
LARGE: Final = b"<html>" * MAX_SIZE
Send = Callable[[HttpClient, str], requests.Response]


def head(status: str, *headers: str) -> bytes:
    """The head of an answer."""
    return "\r\n".join((f"HTTP/1.1 {status}", *headers, "", "")).encode("latin-1")


def redirect(location: str, body: bytes = b"") -> bytes:
    return head("302 Found", f"Location: {location}", f"Content-Length: {len(body)}") + body


def request(client: HttpClient, url: str) -> requests.Response:
    return client.request("GET", url)


def get(client: HttpClient, url: str) -> requests.Response:
    return client.get(url, {}, timeout=None, verify=True, cert=None)


@pytest.fixture
def served() -> Iterator[Callable[[bytes], str]]:
    """Serves the same bytes to all connections, and returns the address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve(answer: bytes) -> str:
            threading.Thread(target=_serve, args=(listener, answer), daemon=True).start()
            return f"http://127.0.0.1:{listener.getsockname()[1]}/"

        yield serve
        listener.shutdown(socket.SHUT_RDWR)  # wakes the thread


def _serve(listener: socket.socket, answer: bytes) -> None:
    while True:
        try:
            connection, _address = listener.accept()
        except OSError:
            return
        with connection:
            connection.recv(65536)
            connection.sendall(answer)


@pytest.mark.parametrize("send", [request, get])
@pytest.mark.parametrize(
    "answer",
    [
        head("200 OK", "Transfer-Encoding: chunked") + b"-5\r\nabcde\r\n0\r\n\r\n",
        head("200 OK", "Transfer-Encoding: chunked") + b"zz\r\nabcde\r\n0\r\n\r\n",
        head("200 OK", "Content-Length: 9", "Content-Encoding: gzip") + b"no zip...",
        head("abc OK"),
        b"",
    ],
    ids=["negative chunk", "chunk without a size", "no zip", "no status", "nothing"],
)
def test_unreadable(served: Callable[[bytes], str], send: Send, answer: bytes) -> None:
    """What no library reads is no answer."""
    with pytest.raises(requests.RequestException):
        send(HttpClient(1, MAX_SIZE), served(answer))


@pytest.mark.parametrize("send", [request, get])
@pytest.mark.parametrize("location", ["http://[x", "/\xff\xfe", "//[", "ftp://x/", "http://x:9e9"])
def test_redirect(served: Callable[[bytes], str], send: Send, location: str) -> None:
    """The address of a redirect is not looked at."""
    answer = send(HttpClient(1, MAX_SIZE), served(redirect(location)))
    assert (answer.status_code, answer.headers["Location"]) == (302, location)


@pytest.mark.parametrize("send", [request, get])
def test_large_redirect(served: Callable[[bytes], str], send: Send) -> None:
    """The body of a redirect has the same limit as any other."""
    with pytest.raises(BodyTooLarge):
        send(HttpClient(1, MAX_SIZE), served(redirect("/there", LARGE)))


@pytest.mark.parametrize("send", [request, get])
@pytest.mark.parametrize("charset", ["undefined", "idna", "rot13", "utf-7"])
def test_charset(served: Callable[[bytes], str], send: Send, charset: str) -> None:
    """The text of an answer can be read, whatever its charset is said to be."""
    body = b"\xff" * 70
    content_type = f"Content-Type: text/html; charset={charset}"
    answer = head("500 No", content_type, f"Content-Length: {len(body)}") + body
    assert send(HttpClient(1, MAX_SIZE), served(answer)).text == "\N{REPLACEMENT CHARACTER}" * 70


@pytest.mark.parametrize("send", [request, get])
def test_no_address(send: Send) -> None:
    """Nor does an address that is none, as in a redirect, raise anything else."""
    with pytest.raises(requests.RequestException):
        send(HttpClient(1, MAX_SIZE), "http://[x")
