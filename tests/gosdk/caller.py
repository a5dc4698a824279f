# SPDX-License-Identifier: Apache-2.0
"""Calls with the official Go SDK's typed methods, through a small Go program."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.contract import load

JSON = dict[str, Any]

SOURCE: Final = Path(__file__).with_name("caller")
SERVICES: Final = ("bcs", "volume", "image", "network", "vpc", "iam", "config")
# The SDK's common client names one API class otherwise than the service's own client does.
GROUPS: Final = {"PublicAPI": "ConfigAPI"}
MODULE: Final = "github.com/kakaoenterprise/kc-sdk-go"


class CannotBuildError(Exception):
    """There is no Go toolchain, or the SDK cannot be had."""


@dataclass(frozen=True)
class Answer:
    """What one call brought."""

    operation: str
    status: int
    decoded: JSON
    headers: Mapping[str, list[str]]
    error: str

    @property
    def is_read(self) -> bool:
        """Whether the call succeeded and the SDK has decoded what it expects."""
        return not self.error and self.status < 300


def operations() -> dict[str, JSON]:
    """Every operation of the contract, by service and id: ``bcs.CreateInstance``."""
    return {
        f"{service}.{operation['id']}": operation
        for service in SERVICES
        for operation in load(service)["operations"]
    }


def build(directory: Path) -> Path:
    """The Go program, compiled.

    The SDK comes from its module, or from the directory that KIC_VM_GO_SDK names.

    :raises CannotBuildError: says what is missing
    """
    go = shutil.which("go")
    if go is None:
        raise CannotBuildError("there is no Go toolchain on this machine")
    shutil.copytree(SOURCE, directory, dirs_exist_ok=True)
    if sdk := os.environ.get("KIC_VM_GO_SDK"):
        _run([go, "mod", "edit", f"-replace={MODULE}={sdk}"], directory)
    _run([go, "build", "-o", "caller", "."], directory)
    return directory / "caller"


def _run(argv: list[str], directory: Path) -> None:
    done = subprocess.run(argv, cwd=directory, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotBuildError(done.stderr.strip())


class Caller:
    """The running program, and what has been called with it."""

    def __init__(self, program: Path, gateway_url: str) -> None:
        self._operations = operations()
        self.answers: list[Answer] = []
        self._process = subprocess.Popen(
            [program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "KIC_VM_GATEWAY": gateway_url},
        )

    def stop(self) -> None:
        """End the program."""
        self._process.communicate(timeout=10)

    def call(self, name: str, *path: str, body: JSON | None = None, **parameters: Any) -> Answer:
        """Call an operation.

        :param name: service and operation, such as ``bcs.CreateInstance``
        :param path: the values in the path, in order
        :param parameters: by the names of the SDK's setters, such as ``XAuthToken``
        """
        operation = self._operations[name]
        if body is not None:
            parameters[operation["request_body"]] = body
        line = {
            "group": GROUPS.get(operation["group"], operation["group"]),
            "operation": operation["id"],
            "path": path,
            "parameters": parameters,
        }
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(line) + "\n")
        stdin.flush()
        given = json.loads(stdout.readline())
        answer = Answer(
            name, given["status"], given["decoded"] or {}, given["headers"] or {}, given["error"]
        )
        self.answers.append(answer)
        return answer


class User:
    """A user of the SDK with a token."""

    def __init__(self, caller: Caller, token: str | None) -> None:
        self._caller = caller
        self.token = token

    def answer(self, name: str, *path: str, body: JSON | None = None, **parameters: Any) -> Answer:
        """See Caller.call; with the user's token."""
        return self._caller.call(name, *path, body=body, XAuthToken=self.token, **parameters)

    def call(self, name: str, *path: str, body: JSON | None = None, **parameters: Any) -> JSON:
        """What a call brings; it must succeed, and the SDK must have read the answer."""
        answer = self.answer(name, *path, body=body, **parameters)
        assert answer.is_read, f"{name}: {answer.status} {answer.error}"
        return answer.decoded
