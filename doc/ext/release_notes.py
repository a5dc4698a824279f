# SPDX-License-Identifier: Apache-2.0
"""The directive ``release-notes`` of reno, or a note if a shallow clone lacks the history."""

import subprocess
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

_TOP = Path(__file__).resolve().parents[2]


class NoHistory(SphinxDirective):
    """A note that tells where the release notes are."""

    def run(self) -> list[nodes.Node]:
        """See docutils."""
        parsed: list[nodes.Node] = self.parse_text_to_nodes(
            "This documentation was built without the history of the project, which assigns notes "
            "to versions. The notes are in ``releasenotes/notes``; in a complete clone, ``reno "
            "report`` shows them."
        )
        return parsed


def setup(app: Sphinx) -> dict[str, Any]:
    """See Sphinx."""
    if _has_history():
        app.setup_extension("reno.sphinxext")
    else:
        app.add_directive("release-notes", NoHistory)
    return {"parallel_read_safe": True}


def _has_history() -> bool:
    asked = subprocess.run(
        ["git", "rev-parse", "--is-shallow-repository"],
        cwd=_TOP,
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.returncode == 0 and asked.stdout.strip() == "false"
