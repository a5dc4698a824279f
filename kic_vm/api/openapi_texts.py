# SPDX-License-Identifier: Apache-2.0
"""The summaries and descriptions of the OpenAPI document in the client's language.

The English ones are in the schemas and views, the others in
``locale/<language>/LC_MESSAGES/openapi.po``.
"""

import functools
from collections.abc import Mapping
from typing import Any, Final

from kic_vm.i18n import catalog
from kic_vm.i18n.languages import ENGLISH, Language

CATALOG: Final = "openapi"
_KEYS: Final = ("summary", "description")
# A word in them is a value, not a text of the document.
_EXAMPLES: Final = frozenset({"example", "examples"})


def translate(document: dict[str, Any], language: Language) -> None:
    """Replace each text of the document that the language's catalog has."""
    if language != ENGLISH:
        _translate(document, _texts(language))


@functools.cache
def _texts(language: Language) -> dict[str, str]:
    return {entry.msgid: entry.msgstr for entry in catalog.entries_of(language, CATALOG)}


def _translate(node: Any, texts: Mapping[str, str]) -> None:
    if isinstance(node, dict):
        for key in _KEYS:
            text = node.get(key)
            if isinstance(text, str):  # else it is a property of this name
                node[key] = texts.get(text, text)
        for key, value in node.items():
            if key not in _EXAMPLES:
                _translate(value, texts)
    elif isinstance(node, list):
        for value in node:
            _translate(value, texts)
