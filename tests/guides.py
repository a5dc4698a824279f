# SPDX-License-Identifier: Apache-2.0
"""The user guides: their blocks of commands, and what these are shown to answer."""

import enum
import re
from dataclasses import dataclass
from pathlib import Path

DIRECTORY = Path(__file__).parents[1] / "doc/source/user/guides"
LANGUAGES = ("en", "ko")
PREPARATION = "before-you-begin"
GUIDES = (
    "create-and-connect",
    "manage-instances",
    "volumes-and-snapshots",
    "extend-filesystem",
    "images-and-sharing",
    "keypairs",
    "gpu-types",
    "root-volume-gpt",
    "usage-and-billing",
    "follow-events",
)

_DIRECTIVE = re.compile(r"\.\. code-block:: (\w+)")
_OPTION = re.compile(r"   :(\w+): (.+)")
_ASSIGNMENT = re.compile(r"^(?:export )?(\w+)=", re.MULTILINE)


class Kind(enum.Enum):
    """Where a block's commands are run, by its class in the page."""

    SHELL = None
    VALUES = "your-values"  # set by whoever runs the guide
    GUEST = "real-guest"  # run in a machine that really boots
    DISK = "guest-disk"  # run in a guest too, but a file will do for its disk


@dataclass(frozen=True)
class Block:
    """Commands, and what they are shown to print."""

    line: int
    kind: Kind
    caption: str | None
    commands: str
    answer: str | None = None

    @property
    def variables(self) -> set[str]:
        """The variables that the block sets."""
        return set(_ASSIGNMENT.findall(self.commands))

    @property
    def count(self) -> int:
        """How many commands there are: lines that neither continue another one nor close it."""
        lines = re.sub(r"<<(\w+)\n.*?^\1$", "", self.commands, flags=re.MULTILINE | re.DOTALL)
        return len(re.findall(r"^[^\s})]", re.sub(r"\\\n", "", lines), flags=re.MULTILINE))


def page(language: str, name: str) -> Path:
    """The file of a guide."""
    return DIRECTORY / language / f"{name}.rst"


def blocks(path: Path) -> list[Block]:
    """The blocks of commands of a page, in order.

    A block in another language than bash is what the commands before it are shown to print.
    """
    found: list[Block] = []
    lines = path.read_text().splitlines()
    for number, line in enumerate(lines):
        directive = _DIRECTIVE.fullmatch(line)
        if not directive:
            continue
        options, text = _body(lines[number + 1 :])
        if directive[1] == "bash":
            kind = Kind(options.get("class"))
            found.append(Block(number + 1, kind, options.get("caption"), text))
        else:
            if not found or found[-1].answer is not None:
                raise ValueError(f"{path}:{number + 1}: an answer to no commands")
            before = found.pop()
            found.append(Block(before.line, before.kind, before.caption, before.commands, text))
    return found


def _body(lines: list[str]) -> tuple[dict[str, str], str]:
    """The options of a directive, and the text in it."""
    options: dict[str, str] = {}
    text: list[str] = []
    for line in lines:
        option = None if text else _OPTION.fullmatch(line)
        if option:
            options[option[1]] = option[2]
        elif line and not line.startswith("   "):
            break
        else:
            text.append(line[3:])
    return options, "\n".join(text).strip("\n") + "\n"
