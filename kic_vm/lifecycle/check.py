# SPDX-License-Identifier: Apache-2.0
"""Checks on plain data: each refuses invalid data with a sentence that names the place."""

from collections.abc import Collection, Iterable
from typing import Any, TypeVar

from kic_vm.lifecycle.model import LifecycleTableError, Meaning

T = TypeVar("T")


def mapping(
    data: Any, where: str, required: Collection[str], optional: Collection[str] = ()
) -> dict[str, Any]:
    """The data, which must be a mapping with these keys and no others."""
    if not isinstance(data, dict):
        raise LifecycleTableError(where, f"expected a mapping, found {data!r}")
    for key in required:
        if key not in data:
            raise LifecycleTableError(where, f"{key} is missing")
    for key in data:
        if key not in required and key not in optional:
            raise LifecycleTableError(where, f"unknown key {key!r}")
    return data


def text(data: Any, where: str) -> str:
    """The data, which must be a non-empty text."""
    if not isinstance(data, str) or not data.strip():
        raise LifecycleTableError(where, f"expected a text, found {data!r}")
    return data


def meaning(data: Any, where: str) -> Meaning:
    """The data, which must be a text in each language."""
    texts = mapping(data, where, ("en", "ko"))
    return Meaning(
        en=text(texts["en"], f"{where} in English"), ko=text(texts["ko"], f"{where} in Korean")
    )


def words(data: Any, where: str) -> tuple[str, ...]:
    """The data, which must be a list of different texts."""
    if not isinstance(data, list):
        raise LifecycleTableError(where, f"expected a list, found {data!r}")
    for number, word in enumerate(data):
        text(word, where)
        if word in data[:number]:
            raise LifecycleTableError(where, f"{word!r} is listed twice")
    return tuple(data)


def known(values: Iterable[T], vocabulary: Collection[T], kind: str, where: str) -> list[T]:
    """The values, each of which must be in the vocabulary."""
    checked = list(values)
    for value in checked:
        if not isinstance(value, str | None) or value not in vocabulary:
            raise LifecycleTableError(where, f"unknown {kind} {value!r}")
    return checked


def as_list(data: Any) -> list[Any]:
    """A list unchanged, any other value as a list with one item."""
    return data if isinstance(data, list) else [data]
