# SPDX-License-Identifier: Apache-2.0
"""The command line: ``python -m doc.trace_picture``."""

import dataclasses
import json
import sys
import tempfile
from pathlib import Path

from doc import picture_command
from doc.real_runs import RunFailure
from doc.trace_picture import drawing, run
from doc.trace_picture.spans import Span


def main() -> int:
    """Record a trace, or read a record, and draw it; the exit code."""
    arguments = picture_command.parser(
        "trace_picture",
        "Runs a gateway with traces in front of the OpenStack of `make demo`, creates an instance, "
        "deletes it, and draws the spans of the request.",
    ).parse_args()
    if arguments.saved:
        spans = [Span(**span) for span in json.loads(arguments.saved.read_text())]
    else:
        try:
            with tempfile.TemporaryDirectory() as directory:
                spans = run.trace_of_create(arguments.demo, Path(directory))
        except RunFailure as failure:
            print(f"trace_picture: {failure}", file=sys.stderr)
            return 1
    if arguments.save:
        arguments.save.write_text(json.dumps([dataclasses.asdict(span) for span in spans]))
    (picture_command.IMAGES / "trace-create.svg").write_text(drawing.drawn(spans))
    return 0


sys.exit(main())
