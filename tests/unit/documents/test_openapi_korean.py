# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI document in Korean: every summary, description and error sentence is Korean."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from kic_vm.api.openapi_completion import field_meanings
from kic_vm.api.openapi_texts import CATALOG
from kic_vm.i18n.catalog import entries_of
from kic_vm.i18n.languages import KOREAN
from tests.unit.conftest import Caller

JSON = dict[str, Any]
_HOW_TO_PROCEED = "add them to kic_vm/locale/ko/LC_MESSAGES/openapi.po"


@pytest.fixture
def application(shared_application: Any) -> Any:
    """Nothing here depends on what the gateway remembers."""
    return shared_application


@pytest.fixture
def korean(anybody: Caller) -> JSON:
    """The document for a client that prefers Korean."""
    found: JSON = anybody.get("/openapi.json", headers={"Accept-Language": "ko"}).json
    return found


def texts(node: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Place and text of each summary, description and message of a document."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in {"example", "examples"}:
                continue
            if key in {"summary", "description", "message"} and isinstance(value, str):
                yield f"{place}/{key}", value
            yield from texts(value, f"{place}/{key}")
    elif isinstance(node, list):
        for number, item in enumerate(node):
            name = item.get("name", number) if isinstance(item, dict) else number
            yield from texts(item, f"{place}/{name}")


def is_korean(text: str) -> bool:
    """Whether a text has Hangul."""
    return any("가" <= character <= "힣" for character in text)


def test_complete(korean: JSON) -> None:
    """No text is missing in Korean."""
    english = {text: place for place, text in texts(korean) if text and not is_korean(text)}
    assert english == {}, _HOW_TO_PROCEED


def test_everything_is_described(document: JSON, korean: JSON) -> None:
    """What has a summary or a description in English has one in Korean."""
    english = [place for place, text in texts(document) if text]
    assert [place for place, text in texts(korean) if text] == english


def test_own_descriptions(document: JSON) -> None:
    """A text that says more than the general meaning of a field says it in Korean too."""
    translated = {entry.msgid for entry in entries_of(KOREAN, CATALOG)}
    general = [meaning["en"] for meaning in field_meanings().values()]
    schemas, paths = document["components"]["schemas"], document["paths"]
    missing = {
        text: place
        for place, text in [*texts(schemas), *texts(paths)]
        if text
        and text not in translated
        and not text.startswith("- `")
        and not any(text.endswith(meaning) for meaning in general)
    }
    assert missing == {}, _HOW_TO_PROCEED


def test_no_entry_is_left_over(document: JSON) -> None:
    """Each entry translates a text of the document, once, so that no changed text is forgotten."""
    entries = [entry.msgid for entry in entries_of(KOREAN, CATALOG)]
    english = [text for _place, text in texts(document)]
    introduction = document["info"]["description"].partition("\n\n")[0]
    assert set(entries) - {*english, introduction} == set()
    assert [text for text, count in Counter(entries).items() if count > 1] == []


def test_sizes(korean: JSON) -> None:
    """A field that differs from others of its name is described as itself."""
    schemas = korean["components"]["schemas"]
    assert schemas["Image"]["properties"]["size"]["description"] == "단위: 바이트."
    assert "할당량" in schemas["Quota"]["properties"]["limit"]["description"]


def test_names_of_properties(korean: JSON) -> None:
    """Values and the names of properties stay as they are."""
    properties = korean["components"]["schemas"]["Instance"]["properties"]
    assert {"description", "name", "status"} <= properties.keys()
    assert "active" in properties["status"]["enum"]
