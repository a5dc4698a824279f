# SPDX-License-Identifier: Apache-2.0
"""Runs helper programs to their end, with their output in a log file."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from . import interrupt
from .errors import InterruptedByUserError, ServiceError


def run(
    what: str,
    argv: Sequence[str | os.PathLike[str]],
    log: Path,
    env: Mapping[str, str],
    *,
    stdin: str = "",
    finish: bool = False,
) -> None:
    """Run a program; raise ServiceError with the end of its log if it fails.

    It gets a session of its own, so that a Ctrl-C at the terminal does not reach it directly: it
    is terminated when the end is requested, or awaited if `finish` says that it must not be cut.
    """
    if not finish:
        interrupt.check()
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output, tempfile.TemporaryFile() as given:
        given.write(stdin.encode())
        given.seek(0)
        process = subprocess.Popen(
            argv,
            stdin=given,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(env),
            start_new_session=True,
        )
    while True:
        try:
            code = process.wait(timeout=0.2)
            break
        except subprocess.TimeoutExpired:
            if interrupt.requested() and not finish:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait()
                raise InterruptedByUserError from None
    if code != 0:
        raise ServiceError(what, f"failed (exit code {code})", log)


def output(argv: Sequence[str | os.PathLike[str]], env: Mapping[str, str] | None = None) -> str:
    """What a quick program prints, or '' if it fails or takes longer than five seconds."""
    try:
        done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=5, check=False)
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout if done.returncode == 0 else ""
