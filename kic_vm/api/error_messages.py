# SPDX-License-Identifier: Apache-2.0
"""The messages of errors in the client's language. The English ones are in the code."""

import functools
from collections.abc import Callable

from kic_vm.i18n import catalog
from kic_vm.i18n.languages import ENGLISH, Language
from kic_vm.lifecycle.table import load_tables

Translate = Callable[[str], str]


def translations(language: Language) -> Translate:
    """Returns the function that translates a message into the language.

    A message that has no translation stays English.
    """
    return str if language == ENGLISH else _catalog(language).translate


@functools.cache
def _catalog(language: Language) -> catalog.Catalog:
    tables = load_tables()
    limits = (*tables.instances.limits.values(), *tables.volumes.limits.values())
    return catalog.read(language, {limit.reason.en: limit.reason.of(language) for limit in limits})
