# SPDX-License-Identifier: Apache-2.0
"""``.. api-operations:: TAG``: the operations of one tag of the OpenAPI document, with examples."""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from api_reference import errors, examples, operation
from api_reference.document import load_document

LOG = logging.getLogger(__name__)


class ApiOperations(SphinxDirective):
    """A section for each operation of a tag."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """See docutils."""
        (tag,) = self.arguments
        document = load_document()
        recorded = examples.load(tag)
        self.env.note_dependency(str(examples.path_of(tag)))
        lines: list[str] = []
        for path, operations in document["paths"].items():
            for method, described in operations.items():
                if method in operation.METHODS and described["tags"] == [tag]:
                    name = f"{method.upper()} {path}"
                    shared = operations.get("parameters", [])
                    example = recorded.get(name)
                    if example is None:
                        LOG.info("%s has no example: record it with tox -e examples", name)
                    lines += operation.section(document, name, described, shared, example)
        text = "\n".join(lines)
        parsed: list[nodes.Node] = self.parse_text_to_nodes(text, allow_section_headings=True)
        return parsed


class ApiErrors(SphinxDirective):
    """The table of error codes."""

    def run(self) -> list[nodes.Node]:
        """See docutils."""
        text = "\n".join(errors.table(load_document()))
        parsed: list[nodes.Node] = self.parse_text_to_nodes(text)
        return parsed


def setup(app: Sphinx) -> dict[str, Any]:
    """See Sphinx."""
    app.add_directive("api-operations", ApiOperations)
    app.add_directive("api-errors", ApiErrors)
    return {"parallel_read_safe": True}
