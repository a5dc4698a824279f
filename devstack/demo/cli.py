# SPDX-License-Identifier: Apache-2.0
"""The two commands: up plays the demo, stop ends what it started."""

import os
import signal
import sys
import time
from collections.abc import Sequence
from types import FrameType

from . import environment, guests, howto
from .errors import DemoError, StopRequested
from .gateway import GatewayProcess
from .lock import exclusive
from .openstack import OpenStack
from .place import Place
from .screen import Screen
from .story import Story
from .wire import Gateway

FAILED, WRONG_USAGE, INTERRUPTED = 1, 2, 130


def main(argv: Sequence[str]) -> int:
    """Run one command; returns the exit code."""
    commands = {"up": _up, "stop": _stop}
    if len(argv) != 1 or argv[0] not in commands:
        print("demo: up or stop?", file=sys.stderr)
        return WRONG_USAGE
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop_requested)
    os.environ.pop("PYTHONPATH", None)  # it led here; the gateway has an environment of its own
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    if guests.wanted():
        guests.choose_place()
    try:
        place = Place.find()
        with exclusive(place):
            commands[argv[0]](place)
    except DemoError as error:
        print(f"demo: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("\ndemo: interrupted; `make demo-stop` stops what runs", file=sys.stderr)
        return INTERRUPTED
    return 0


def _up(place: Place) -> None:
    screen = Screen()
    process = GatewayProcess(place)
    process.check_port()

    screen.part("A real OpenStack (devstack/standalone up)")
    openstack = OpenStack(place)
    openstack.up()
    if not openstack.is_ours:
        screen.note("It was running before this demo, so `make demo-stop` will leave it running.")

    screen.part("The gateway")
    begin = time.monotonic()
    if environment.ensure(place):
        screen.note(f"installed in {place.shown(place.venv)}")
    url: str = place.read("endpoints.json", "gateway")["gateway"]
    was_running = process.stop()  # so that it runs the code as it is now
    process.check_port()
    process.wait(url, process.start())
    again = "again, with the code as it is now," if was_running else "up and"
    seconds = time.monotonic() - begin
    screen.note(f"{again} ready at {url} after {seconds:.1f} s; log: {place.shown(place.log)}")

    screen.part("The life of one machine")
    try:
        Story(place, Gateway(url), screen).play()
    except DemoError:
        screen.note(
            f"Logs: {place.shown(place.log)}, and devstack/standalone logs SERVICE.\n"
            "Everything is still running for a look at it; `make demo-stop` stops it."
        )
        raise DemoError("the story did not go through") from None
    screen.part("How to go on")
    screen.note(howto.text(place, url))


def _stop(place: Place) -> None:
    stopped = GatewayProcess(place).stop()
    print("gateway: stopped" if stopped else "gateway: not running (none that make demo started)")
    openstack = OpenStack(place)
    if openstack.is_ours:
        openstack.down()
    elif openstack.runs:
        print(
            "OpenStack: left running, because make demo did not start it"
            " (`devstack/standalone down` stops it)"
        )
    else:
        print("OpenStack: not running")


def _stop_requested(_number: int, _frame: FrameType | None) -> None:
    raise StopRequested
