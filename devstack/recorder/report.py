# SPDX-License-Identifier: Apache-2.0
"""The record as text: what was seen in order, and what was not."""

from collections.abc import Iterable, Mapping

from .watch import Chapter

# Why real Nova does not show a state; the rows behind it are covered by the unit tests.
UNSEEN = {"Building": "it stands for steps of a creation that this Nova does not have"}
TESTS = "tests/unit/lifecycle/test_{kind}_states.py"


def lines(kind: str, chapters: Iterable[Chapter], documented: Mapping[str, bool]) -> list[str]:
    """The whole record of one kind: instance or volume."""
    tests = TESTS.format(kind=kind)
    found = [f"Of the {kind}:", ""]
    seen: dict[str, bool] = {}
    for number, chapter in enumerate(chapters, 1):
        found.append(f"{number:>2} {chapter.command}")
        for sight in chapter.sights:
            billed = "billed" if sight.billable else "not billed"
            new = "" if sight.state in seen else "*"
            seen[sight.state] = sight.billable
            found.append(f"   {sight.seconds:7.2f} s  {sight.state:<24}{billed:<11}{new}".rstrip())
    missing = [state for state in documented if state not in seen]
    wrong = [state for state in seen if documented.get(state) != seen[state]]
    found += ["", f"{len(seen)} of {len(documented)} documented states seen (* the first time)."]
    found += [
        f"Not seen: {state}: {UNSEEN.get(state, 'too short to be met')}. Its rows: {tests}"
        for state in missing
    ]
    found += [f"Not as documented: {state}" for state in wrong]
    return found


def as_page(text: str) -> str:
    """The record as a page of the documentation."""
    title = "Recorded states"
    body = "\n".join(f"   {line}".rstrip() for line in text.splitlines())
    return (
        f"{title}\n{'=' * len(title)}\n\n"
        "``devstack/record-states`` generated this page. It shows the states that the gateway\n"
        "reported for instances and volumes on the real services of ``devstack/standalone``,\n"
        "for each command. The processes of Nova and Cinder ran in slow motion, so that short\n"
        "states can be seen. The times are longer than in practice.\n\n::\n\n"
        f"{body}\n"
    )
