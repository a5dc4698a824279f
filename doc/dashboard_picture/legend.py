# SPDX-License-Identifier: Apache-2.0
"""The legend of a panel: as many rows as its names need, below the panel's lines."""

from collections.abc import Iterator
from typing import Final

from bench import plot

Entry = tuple[int, str]
"""The number of a series, and its name."""

ROW: Final = 16
_CHARACTER: Final = 6.9  # width of a character; those of a name are narrower on average
_BOLD: Final = 7.4
_MARK: Final = 16
_SPACE: Final = 14
_COLORS: Final = (
    *("#22557a", "#c44e1f", "#7a9c3c", "#e0a030", "#7d5ba6"),
    *("#3a9188", "#b0486f", "#8fa3b5", "#8a6d3b", "#22303c"),
    *("#5fa8d3", "#f28e6b", "#b5cf6b", "#c9a0dc", "#2f6f4f", "#9c3b3b"),
)


def color(number: int) -> str:
    """The color of a series."""
    return _COLORS[number % len(_COLORS)]


def rows(names: list[str], width: float) -> list[list[Entry]]:
    """The names in rows of a width; a name that is longer than a row is cut."""
    longest = int((width - _MARK) / _CHARACTER)
    made: list[list[Entry]] = []
    used = width
    for number, name in enumerate(names):
        text = name if len(name) <= longest else f"{name[: longest - 1]}\u2026"
        needed = _width(text)
        if not made or used + needed - _SPACE > width:
            made.append([])
            used = 0
        made[-1].append((number, text))
        used += needed
    return made


def drawn(row: list[Entry], x: float, y: float) -> Iterator[str]:
    """A row of a legend as elements of an SVG.

    :param y: of its baseline
    """
    for number, name in row:
        yield f'<path d="M{x:.1f} {y - 4:g}h11" stroke="{color(number)}" stroke-width="3"/>'
        yield plot.text(x + _MARK, y, name, "start")
        x += _width(name)


def _width(name: str) -> float:
    return _MARK + len(name) * _CHARACTER + _SPACE


def wrapped(title: str, width: float) -> list[str]:
    """A bold title in lines of a width."""
    lines = [""]
    for word in title.split():
        if lines[-1] and (len(lines[-1]) + 1 + len(word)) * _BOLD > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".lstrip()
    return lines
