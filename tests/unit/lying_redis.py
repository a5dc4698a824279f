# SPDX-License-Identifier: Apache-2.0
"""A server that speaks Redis's protocol, and answers every command with the same nonsense."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import BinaryIO, Final

_GREETING: Final = {
    b"HELLO": b"%2\r\n+version\r\n+7.0.0\r\n+proto\r\n:3\r\n",
    b"CLIENT": b"+OK\r\n",
    b"SELECT": b"+OK\r\n",
}

ANSWERS: Final = {
    "status": b"+OK\r\n",
    "empty status": b"+\r\n",
    "pong": b"+PONG\r\n",
    "zero": b":0\r\n",
    "one": b":1\r\n",
    "negative": b":-5\r\n",
    "large": b":99999999999999999999999\r\n",
    "no text": b"$-1\r\n",
    "empty text": b"$0\r\n\r\n",
    "text": b"$3\r\nabc\r\n",
    "digit": b"$1\r\n5\r\n",
    "bytes": b"$2\r\n\x00\xff\r\n",
    "no list": b"*-1\r\n",
    "empty list": b"*0\r\n",
    "list": b"*1\r\n$1\r\na\r\n",
    "pair": b"*2\r\n$1\r\na\r\n$1\r\nb\r\n",
    "pair of numbers": b"*2\r\n:1\r\n:2\r\n",
    "pair of large numbers": b"*2\r\n:99999999999999999999999\r\n:99999999999999999999999\r\n",
    "cursor": b"*2\r\n$1\r\n0\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n",
    "endless cursor": b"*2\r\n$1\r\n7\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n",
    "cursor of numbers": b"*2\r\n:0\r\n*4\r\n:1\r\n:2\r\n:3\r\n:4\r\n",
    "five nothings": b"*5\r\n" + 5 * b"_\r\n",
    "five numbers": b"*5\r\n:1\r\n:2\r\n:3\r\n:4\r\n:5\r\n",
    "five texts": b"*5\r\n" + 5 * b"$1\r\na\r\n",
    "five digits": b"*5\r\n" + 5 * b"$1\r\n5\r\n",
    "five lists": b"*5\r\n" + 5 * b"*1\r\n$1\r\n5\r\n",
    "five infinities": b"*5\r\n" + 5 * b",inf\r\n",
    "five not numbers": b"*5\r\n" + 5 * b",nan\r\n",
    "five large numbers": b"*5\r\n" + 5 * b":99999999999999999999999\r\n",
    "entries": b"*1\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$5\r\nevent\r\n$1\r\na\r\n",
    "page of events": b"*5\r\n$13\r\n1800000000000\r\n$8\r\nabcdef01\r\n*0\r\n"
    b"*1\r\n*2\r\n$1\r\na\r\n*0\r\n_\r\n",
    "deep list": 5000 * b"*1\r\n" + b":1\r\n",
    "error": b"-ERR no\r\n",
    "wrong type": b"-WRONGTYPE no\r\n",
    "read-only": b"-READONLY no\r\n",
    "loading": b"-LOADING no\r\n",
    "no script": b"-NOSCRIPT no\r\n",
    "moved": b"-MOVED 1 127.0.0.1:1\r\n",
    "full": b"-OOM no\r\n",
    "nothing": b"_\r\n",
    "truth": b"#t\r\n",
    "fraction": b",1.5\r\n",
    "infinity": b",inf\r\n",
    "not a number": b",nan\r\n",
    "big number": b"(12345678901234567890123\r\n",
    "map": b"%1\r\n+a\r\n:1\r\n",
    "set": b"~1\r\n+a\r\n",
    "verbatim text": b"=7\r\ntxt:abc\r\n",
    "long error": b"!6\r\nERR no\r\n",
    "subscription": b"*3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1\r\n",
    "end of a subscription": b"*3\r\n$11\r\nunsubscribe\r\n$1\r\nx\r\n:0\r\n",
    "message": b"*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n:1\r\n",
    "message of texts": b"*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$5\r\na b c\r\n",
    "no length": b"$abc\r\n",
    "no number": b":x\r\n",
    "no count": b"*z\r\n",
    "no type": b"?\r\n",
    "no line": b"\r\n",
    "error of bytes": b"-ERR \xff\r\n",
    "control bytes": b"\x00\xff\r\n",
    "page": b"HTTP/1.1 400 Bad Request\r\n\r\n",
}


class LyingRedis:
    """The server. With an empty answer, it hangs.

    :param is_polite: it answers the messages before the first command as Redis does
    """

    def __init__(self, answer: bytes = b"", *, is_polite: bool = True) -> None:
        self.answer = answer
        self.is_polite = is_polite
        self.asked: list[bytes] = []
        """The names of the commands that got the answer."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        port: int = self._listener.getsockname()[1]
        self.url = f"redis://127.0.0.1:{port}/0"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _address = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), connection:
            for name in _commands(connection.makefile("rb")):
                greeting = _GREETING.get(name) if self.is_polite else None
                if greeting is None:
                    self.asked.append(name)
                connection.sendall(greeting or self.answer)

    def close(self) -> None:
        self._listener.close()


def _commands(received: BinaryIO) -> Iterator[bytes]:
    """The names of the commands on a connection."""
    while line := received.readline():
        words = []
        for _word in range(int(line[1:])):
            size = int(received.readline()[1:])
            words.append(received.read(size))
            received.read(2)
        yield words[0].upper()
