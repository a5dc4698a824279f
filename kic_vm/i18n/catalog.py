# SPDX-License-Identifier: Apache-2.0
"""A catalog of translated sentences, from a gettext file.

The code has its sentences in English, with the values already inserted. An entry of the catalog has
placeholders for the values, such as ``there is no zone {name}.``. The catalog compares a sentence
with its entries, and inserts the values in the translation.

A translation can write ``{name!t}`` to translate the value too, such as the kind of a resource.
Entries with the context ``part`` are only for such values.
"""

import importlib.resources
import string
from collections.abc import Iterable, Mapping
from typing import Any, Final

import polib

PART: Final = "part"
# Longer texts contain lists of a client's values: they stay English.
_LONGEST: Final = 2000
_COUNT: Final = "count"
_FORMAT: Final = string.Formatter()


class Entry:
    """A sentence with placeholders.

    :param text: the sentence in English
    :param translation: the sentence in the other language
    """

    def __init__(self, text: str, translation: str) -> None:
        self.text = text
        self.translation = translation
        parsed = list(_FORMAT.parse(text))
        self.names = [name for _literal, name, _spec, _conversion in parsed if name is not None]
        self._literals = [literal for literal, _name, _spec, _conversion in parsed]
        if len(self._literals) == len(self.names):  # the text ends with a placeholder
            self._literals.append("")

    @property
    def literal_length(self) -> int:
        """The number of characters outside of placeholders."""
        return sum(map(len, self._literals))

    def match(self, text: str) -> dict[str, str] | None:
        """The values in a text, by placeholder; None if the text is not this sentence.

        The time grows only with the length of the text: there is no backtracking.
        """
        if not self.names:
            return {} if text == self.text else None
        first, *between, last = self._literals
        position, end = len(first), len(text) - len(last)
        if position >= end or not text.startswith(first) or not text.endswith(last):
            return None
        values = []
        for literal in between:
            found = text.find(literal, position + 1, end)
            if found < 0:
                return None
            values.append(text[position:found])
            position = found + len(literal)
        values.append(text[position:end])
        read = dict(zip(self.names, values, strict=True))
        is_possible = all(values) and (_COUNT not in read or read[_COUNT].isdecimal())
        return read if is_possible else None


class Catalog:
    """The translations into one language.

    :param sentences: English sentence -> translation
    :param parts: English part of a sentence -> translation
    """

    def __init__(self, sentences: Mapping[str, str], parts: Mapping[str, str]) -> None:
        self._sentences = _Entries(sentences)
        self._parts = _Entries(parts)
        self._formatter = _Formatter(self)

    def translate(self, text: str) -> str:
        """The translation of a text; sentences that the catalog lacks stay English.

        :param text: one sentence or several
        """
        if len(text) > _LONGEST:
            return text
        # First, so that no value of the sentence before it contains the last sentence.
        before, _separator, last = text.rpartition(". ")
        if before and last in self._sentences.exact and text not in self._sentences.exact:
            return f"{self.translate(before + '.')} {self._sentences.exact[last]}"
        translation = self._sentence(text)
        return self._several(text) if translation is None else translation

    def translate_value(self, value: str) -> str:
        """The translation of a value in a sentence, or of each item of a list; else the value."""
        translation = self._lookup(self._parts, value) or self.translate(value)
        items = value.split(", ")
        if translation == value and len(items) > 1:
            return ", ".join(map(self.translate_value, items))
        return translation

    def _sentence(self, text: str) -> str | None:
        return self._lookup(self._sentences, text)

    def _lookup(self, entries: "_Entries", text: str) -> str | None:
        exact = entries.exact.get(text)
        if exact is not None:
            return exact
        for entry in entries.templates:
            values = entry.match(text)
            if values is not None:
                return self._formatter.vformat(entry.translation, (), values)
        return None

    def _several(self, text: str) -> str:
        """The translation of several sentences, one after the other."""
        end = text.find(". ")
        while end >= 0:
            translation = self._sentence(text[: end + 1])
            if translation is not None:
                return f"{translation} {self.translate(text[end + 2 :])}"
            end = text.find(". ", end + 1)
        return text


class _Entries:
    """Entries by their English text; among those with placeholders, the most specific first."""

    def __init__(self, translations: Mapping[str, str]) -> None:
        entries = [Entry(text, translation) for text, translation in translations.items()]
        self.exact = {entry.text: entry.translation for entry in entries if not entry.names}
        self.templates = sorted(
            (entry for entry in entries if entry.names),
            key=lambda entry: entry.literal_length,
            reverse=True,
        )


class _Formatter(string.Formatter):
    """Inserts values, and translates those with the conversion ``!t``."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def convert_field(self, value: Any, conversion: Any) -> Any:
        """See string.Formatter."""
        if conversion == "t":
            return self._catalog.translate_value(value)
        return super().convert_field(value, conversion)


def entries_of(language: str, name: str = "kic_vm") -> Iterable[polib.POEntry]:
    """The entries of a language's file, ``locale/<language>/LC_MESSAGES/<name>.po``."""
    file = importlib.resources.files("kic_vm") / "locale" / language / f"LC_MESSAGES/{name}.po"
    entries: Iterable[polib.POEntry] = polib.pofile(file.read_text("utf-8")).translated_entries()
    return entries


def read(language: str, more: Mapping[str, str]) -> Catalog:
    """The catalog of a language.

    :param more: sentences that are translated elsewhere, such as in the lifecycle tables
    """
    sentences = dict(more)
    parts: dict[str, str] = {}
    for entry in entries_of(language):
        (parts if entry.msgctxt == PART else sentences)[entry.msgid] = entry.msgstr
    return Catalog(sentences, parts)
