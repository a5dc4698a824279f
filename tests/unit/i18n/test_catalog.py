# SPDX-License-Identifier: Apache-2.0
"""The catalogs: how sentences are found, and that each language has all of them."""

import string

import pytest

from kic_vm.api.error_messages import translations
from kic_vm.i18n.catalog import PART, Catalog, Entry, entries_of
from kic_vm.i18n.languages import KOREAN
from tests.unit.i18n import sentences

_FORMAT = string.Formatter()


def placeholders(text: str) -> list[str]:
    """The names of the placeholders of a sentence."""
    return [name for _literal, name, _spec, _conversion in _FORMAT.parse(text) if name]


def filled(text: str) -> str:
    """The sentence with a number for each placeholder."""
    return text.format(**{name: str(number) for number, name in enumerate(placeholders(text), 7)})


def test_each_sentence_is_korean() -> None:
    """Each sentence of an error has a Korean one: add it to locale/ko/LC_MESSAGES/kic_vm.po."""
    translate = translations(KOREAN)
    english = {
        sentence: place
        for sentence, place in sentences.everywhere().items()
        if translate(filled(sentence)) == filled(sentence)
    }
    assert english == {}


def test_no_entry_is_left_over() -> None:
    """Each entry translates a sentence of the code, so that a changed sentence is not forgotten."""
    used = [Entry(sentence, "") for sentence in sentences.everywhere()]
    unused = [
        entry.msgid
        for entry in entries_of(KOREAN)
        if entry.msgctxt != PART
        and all(sentence.match(filled(entry.msgid)) is None for sentence in used)
    ]
    assert unused == []


def test_entries() -> None:
    """A translation has the placeholders of its sentence, and is Korean."""
    for entry in entries_of(KOREAN):
        assert sorted(placeholders(entry.msgstr)) == sorted(placeholders(entry.msgid))
        is_korean = any("가" <= character <= "힣" for character in entry.msgstr)
        assert is_korean or entry.msgctxt == PART, entry.msgid
        values = {name: str(number) for number, name in enumerate(placeholders(entry.msgid), 7)}
        assert Entry(entry.msgid, "").match(filled(entry.msgid)) == values


def test_no_entry_waits() -> None:
    """No entry is empty, fuzzy or there twice."""
    keys = [(entry.msgctxt, entry.msgid) for entry in entries_of(KOREAN)]
    assert len(set(keys)) == len(keys) == sentences.entries_in_file()


@pytest.fixture
def catalog() -> Catalog:
    """A small catalog."""
    return Catalog(
        {
            "There is no {what} {name}.": "{name}: {what!t} 없음.",
            "There is no volume {name}.": "볼륨 {name} 없음.",
            "Try again.": "다시 시도하십시오.",
            "In use by {users}.": "사용 중: {users!t}.",
        },
        {"image": "이미지", "{items} and {count} more": "{items!t} 외 {count}개"},
    )


@pytest.mark.parametrize(
    ("english", "korean"),
    [
        ("There is no image x.", "x: 이미지 없음."),
        ("There is no volume x.", "볼륨 x 없음."),
        ("There is no disk x.", "x: disk 없음."),
        ("There is no volume x. Try again.", "볼륨 x 없음. 다시 시도하십시오."),
        ("There is no volume a. b. Try again.", "볼륨 a. b 없음. 다시 시도하십시오."),
        ("There is no volume image.", "볼륨 image 없음."),
        ("There is no volume {what}.", "볼륨 {what} 없음."),
        ("In use by image, x and 3 more.", "사용 중: 이미지, x 외 3개."),
        ("In use by tom and jerry more.", "사용 중: tom and jerry more."),
        ("Something else. Try again.", "Something else. 다시 시도하십시오."),
        ("There is no volume .", "There is no volume ."),
        ("", ""),
    ],
)
def test_translate(catalog: Catalog, english: str, korean: str) -> None:
    """The most specific entry translates a sentence; a value stays unless the entry says more."""
    assert catalog.translate(english) == korean


def test_long_texts(catalog: Catalog) -> None:
    """A very long text stays English: the time to translate it is limited."""
    text = f"There is no volume {'x. ' * 10_000}."
    assert catalog.translate(text) == text
