# SPDX-License-Identifier: Apache-2.0
"""The user guides: both languages have every guide, and the same commands in it."""

import re
import subprocess

import pytest

from kic_vm.lifecycle.model import Row
from kic_vm.lifecycle.table import load_tables
from tests.guides import DIRECTORY, GUIDES, LANGUAGES, PREPARATION, Block, Kind, blocks, page

PAGES = (PREPARATION, *GUIDES)
EACH_PAGE = [(language, name) for language in LANGUAGES for name in PAGES]
LAST_SECTION = {"en": "Clean up", "ko": "정리"}
VALUES = {"en": "Your own values", "ko": "직접 지정할 값"}
IN_A_GUEST: dict[str, set[str | None]] = {
    "en": {"In the instance", "Requires an instance that really boots"},
    "ko": {"인스턴스 안에서", "실제로 부팅되는 인스턴스가 필요합니다"},
}
BILLED = {"en": {True: "yes", False: "no"}, "ko": {True: "예", False: "아니요"}}
ROW = re.compile(r"^   \* - (\w.*)\n((?:     .+\n)+)", re.MULTILINE)


def test_pages() -> None:
    """Every guide is there in both languages, no other page is, and the index has all."""
    expected = {page(language, name) for language, name in EACH_PAGE}
    assert {*DIRECTORY.glob("*/*.rst")} == expected
    listed = re.findall(r"^   (\w\w/[\w-]+)$", (DIRECTORY / "index.rst").read_text(), re.MULTILINE)
    assert listed == [f"{language}/{name}" for language, name in EACH_PAGE]


@pytest.mark.parametrize("name", PAGES)
def test_same_commands(name: str) -> None:
    """Korean pages have the same commands and answers as the English ones, in the same order."""

    def content(one: Block) -> tuple[Kind, str, str | None]:
        return one.kind, one.commands, one.answer

    english, korean = ([content(one) for one in blocks(page(lang, name))] for lang in LANGUAGES)
    assert english == korean


@pytest.mark.parametrize(("language", "name"), EACH_PAGE)
def test_blocks(language: str, name: str) -> None:
    """Every block is found, what is not run says so in the page, and all is valid bash."""
    path = page(language, name)
    found = blocks(path)
    answers = sum(block.answer is not None for block in found)
    assert path.read_text().count("code-block::") == len(found) + answers
    headings: dict[Kind, set[str | None]] = {
        Kind.SHELL: {None},
        Kind.VALUES: {VALUES[language]},
        Kind.GUEST: IN_A_GUEST[language],
        Kind.DISK: IN_A_GUEST[language],
    }
    for block in found:
        assert block.caption in headings[block.kind], f"line {block.line}"
        # A refusal that scripts pass over has to be compared with what the page shows.
        assert "|| true" not in block.commands or block.answer, f"line {block.line}"
        assert block.kind is Kind.SHELL or block.answer is None, f"line {block.line}"
        if block.kind is Kind.VALUES:
            assert block.count == len(block.variables), f"line {block.line} does more than set"
    script = "".join(block.commands for block in found)
    done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", GUIDES)
def test_clean_up(language: str, name: str) -> None:
    """The last section removes what the guide has made."""
    *_before, title, _line, rest = re.split(
        r"^(.+)\n(=+)$", page(language, name).read_text(), flags=re.MULTILINE
    )
    assert title == LAST_SECTION[language]
    assert "kic DELETE" in rest


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("name", "table"), [("manage-instances", "instances"), ("volumes-and-snapshots", "volumes")]
)
def test_states(language: str, name: str, table: str) -> None:
    """The table of states is that of the gateway: every state, its billing and its meaning."""
    rows: tuple[Row[str], ...] = getattr(load_tables(), table).rows
    shown = {
        first: " ".join(rest.split())
        for first, rest in ROW.findall(page(language, name).read_text())
    }
    for row in rows:
        status = [f"- ``{row.wire}``"] if table == "volumes" else []
        billed, meaning = BILLED[language][row.billable], getattr(row.meaning, language)
        assert shown[row.state] == " ".join([*status, f"- {billed}", f"- {meaning}"])
