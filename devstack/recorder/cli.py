# SPDX-License-Identifier: Apache-2.0
"""The command line."""

import argparse
import sys
from pathlib import Path

from allinone import settings
from allinone.deployment import Deployment
from allinone.errors import StandaloneError
from allinone.processes import Processes
from demo.errors import DemoError
from demo.place import Place
from demo.wire import Gateway

from . import report
from .instances import InstanceRecorder
from .slow_motion import slow_motion
from .volumes import VolumeRecorder


def main() -> int:
    """Record, print, and write the page if that is wished; the exit code."""
    parser = argparse.ArgumentParser(
        prog="record-states",
        description="Drives instances and volumes on the standalone OpenStack through every "
        "documented state that the real services show, and prints what the gateway said of each. "
        "A gateway must run: `make demo` leaves one running.",
    )
    parser.add_argument("--gateway", metavar="URL", help="by default the one of `make demo`")
    parser.add_argument("--rst", metavar="FILE", type=Path, help="write a page of it too")
    arguments = parser.parse_args()
    try:
        place = Place.find()
        url = arguments.gateway or place.read("endpoints.json", "gateway")["gateway"]
        recorders: dict[str, InstanceRecorder | VolumeRecorder] = {
            "instance": InstanceRecorder(place, Gateway(url)),
            "volume": VolumeRecorder(place, Gateway(url)),
        }
        with slow_motion(Processes(Deployment(settings.load()))):
            for recorder in recorders.values():
                recorder.record()
        parts = [
            "\n".join(report.lines(kind, recorder.chapters, recorder.documented()))
            for kind, recorder in recorders.items()
        ]
        text = "\n\n".join(parts)
    except (DemoError, StandaloneError) as error:
        print(f"record-states: {error}", file=sys.stderr)
        return 1
    print(text)
    if arguments.rst:
        arguments.rst.write_text(report.as_page(text))
    return 0
