# SPDX-License-Identifier: Apache-2.0
"""Each guide's commands, run in order on the real services as a reader would paste them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.functional.client import Gateway
from tests.functional.guides.project import Project
from tests.functional.guides.shell import SCRIPT, Failed, alike, run
from tests.guides import GUIDES, PREPARATION, Block, Kind, blocks, page

ATTEMPTS = 3
Record = Callable[[str, object], None]


@pytest.fixture(scope="module")
def values(gateway: Gateway, project: Project, neighbour: Project) -> dict[str, str]:
    """What a reader would have to set, by the variables' names."""
    credential = project.credential("kic-member")
    return {
        "KIC": gateway.url,
        "CREDENTIAL_ID": credential["id"],
        "CREDENTIAL_SECRET": credential["secret"],
        "ADMIN_TOKEN": project.token("kic-admin"),
        "COLLEAGUE_TOKEN": project.token("kic-member2"),
        "OTHER_TOKEN": neighbour.token("kic-other"),
        "MY_ADDRESS": "203.0.113.7/32",
        "ROOT_SIZE": "4",  # the store of the tests has no room for the terabytes of a reader's
    }


@pytest.mark.parametrize("name", GUIDES)
def test_guide(
    name: str,
    values: dict[str, str],
    project: Project,
    neighbour: Project,
    tmp_path: Path,
    record_property: Record,
) -> None:
    """Every command works and prints what the page shows; nothing is left of it in the end."""
    all_blocks = blocks(page("en", PREPARATION)) + blocks(page("en", name))
    wanted = [block for block in all_blocks if block.kind is Kind.SHELL]
    asked = {name for one in all_blocks if one.kind is Kind.VALUES for name in one.variables}
    given = {name: values[name] for name in asked}

    printed = attempt(wanted, given, (project, neighbour), tmp_path)
    for block, output in zip(wanted, printed, strict=True):
        if block.answer is not None:
            assert alike(output) == alike(block.answer), f"line {block.line} of {name}"
    for one in (project, neighbour):
        one.check_nothing_left()

    for kind in Kind:
        if kind is not Kind.VALUES:
            count = sum(block.count for block in blocks(page("en", name)) if block.kind is kind)
            record_property(f"commands, {kind.name}", count)


def attempt(
    wanted: list[Block], given: dict[str, str], projects: tuple[Project, ...], directory: Path
) -> list[str]:
    """What the blocks print; they are run anew when Cinder's race, and nothing else, ends them."""
    for number in range(ATTEMPTS):
        place = directory / f"{number}"
        place.mkdir()
        try:
            printed = run(wanted, given, place)
        except Failed:
            raced = any(one.fell_into_a_race() for one in projects)
            for one in projects:
                one.empty()
            if not raced:
                raise
        else:
            assert list(place.iterdir()) == [place / SCRIPT], "the guide leaves files"
            return printed
    raise AssertionError(f"{ATTEMPTS} runs in a row fell into Cinder's race")
