# SPDX-License-Identifier: Apache-2.0
"""The seconds of volumes: from Cinder's list, from observations, and the unknown rest."""

import random
from typing import Any

import pytest

from kic_vm.history.observations import VolumeObservation
from kic_vm.history.usage import Window
from kic_vm.history.volume_usage import VolumeSeconds, volume_usage
from kic_vm.lifecycle.table import load_tables
from tests.unit.history.nova_life import second

JSON = dict[str, Any]
WINDOW = Window(second(0), second(1000))


def stamp(number: float) -> str:
    return second(number).replace(tzinfo=None).isoformat()


def volume(**changes: Any) -> JSON:
    """An available volume of 10 GiB, created at 100 and changed at 600."""
    usual = {
        "id": "v",
        "name": "data",
        "status": "available",
        "size": 10,
        "created_at": stamp(100),
        "updated_at": stamp(600),
    }
    return usual | changes


def seen(state: str, number: float, size: int | None = 10, **changes: Any) -> VolumeObservation:
    return VolumeObservation("v", "data", state, size, second(number), **changes)


def gap(number: float) -> VolumeObservation:
    return seen("", number, None, is_gap=True)


def used(
    volumes: list[Any], *observations: VolumeObservation, window: Window = WINDOW
) -> VolumeSeconds:
    """The usage of the only volume."""
    by_id = {"v": observations} if observations else {}
    (usage,) = volume_usage(volumes, by_id, window, load_tables())
    return usage


def states(usage: VolumeSeconds) -> list[tuple[str, int, int]]:
    return [(known.state, known.size, seconds) for known, seconds in usage.states.items()]


def test_without_observations() -> None:
    """The state and the size are known since the last change, and unknown before."""
    usage = used([volume()])
    assert states(usage) == [("Active", 10, 400)]
    assert (usage.unknown_seconds, usage.gib_seconds, usage.is_deleted) == (500, 4000, False)


def test_whole_life() -> None:
    """Observed since its creation, every second has its state and its size."""
    usage = used(
        [volume(size=20)],
        seen("Creating", 100.5),
        seen("Active", 110),
        seen("Extending", 300),
        seen("Active", 305, 20),
    )
    assert states(usage) == [
        ("Creating", 10, 10),
        ("Active", 10, 190),
        ("Extending", 10, 5),
        ("Active", 20, 695),
    ]
    assert usage.unknown_seconds == 0
    assert usage.gib_seconds == 205 * 10 + 695 * 20


def test_before_the_first_observation() -> None:
    """A volume that is older than its first observation is unknown until then."""
    usage = used([volume(updated_at=stamp(300))], seen("In-use", 200), seen("Active", 300))
    assert states(usage) == [("In-use", 10, 100), ("Active", 10, 700)]
    assert usage.unknown_seconds == 100


def test_gap() -> None:
    """A gap is unknown until Cinder's last change, or until the next observation."""
    observed = (seen("Creating", 100), seen("In-use", 150), gap(200), seen("Active", 600))
    assert states(used([volume()], *observed)) == [
        ("Creating", 10, 50),
        ("In-use", 10, 50),
        ("Active", 10, 400),
    ]
    assert used([volume()], *observed).unknown_seconds == 400
    # Cinder has not changed the volume in the gap.
    unchanged = used([volume(updated_at=stamp(110))], seen("Active", 110), gap(200))
    assert (states(unchanged), unchanged.unknown_seconds) == ([("Active", 10, 890)], 10)


def test_change_that_was_not_observed() -> None:
    """Since Cinder's last change, the current state counts; before it, the observed one."""
    usage = used([volume(status="in-use", size=30)], seen("Active", 100), seen("Active", 900, 20))
    assert states(usage) == [("Active", 10, 500), ("In-use", 30, 400)]


def test_deleted() -> None:
    """A deleted volume counts from its creation until its deletion."""
    usage = used(
        [],
        seen("Creating", 100),
        seen("Active", 105),
        seen("Deleting", 400),
        seen("Deleting", 403, is_deleted=True),
    )
    assert states(usage) == [("Creating", 10, 5), ("Active", 10, 295), ("Deleting", 10, 3)]
    assert (usage.is_deleted, usage.unknown_seconds, usage.name) == (True, 0, "data")


@pytest.mark.parametrize("window", [Window(second(500), second(900)), Window(second(0), second(9))])
def test_deleted_outside_the_window(window: Window) -> None:
    """A volume that was deleted before the window, or seen after it, is omitted."""
    observations = {"v": [seen("Active", 100), seen("Deleting", 400, is_deleted=True)]}
    assert volume_usage([], observations, window, load_tables()) == []


@pytest.mark.parametrize("first", [seen("Deleting", 300, is_deleted=True), gap(200)])
def test_first_seen_deleted(first: VolumeObservation) -> None:
    """Nothing shows how long a volume existed if the first thing that was seen is its end."""
    observations = [first, seen("Deleting", 300, is_deleted=True)]
    assert volume_usage([], {"v": observations}, WINDOW, load_tables()) == []


def random_life(chance: random.Random) -> list[VolumeObservation]:
    """Observations of a volume as a follower can write them, also several at the same time."""
    observations = []
    for at in sorted(chance.choices(range(100, 900, 50), k=chance.randint(0, 8))):
        made = chance.choice(
            [
                gap(at),
                seen("Available", at),
                seen("Available", at, None),
                seen("Extending", at, chance.randint(1, 20)),
            ]
        )
        observations.append(made)
    if chance.random() < 0.4:
        observations.append(seen("Deleting", chance.randint(850, 950), is_deleted=True))
    return observations if any(not one.is_gap for one in observations) else []


@pytest.mark.parametrize("is_listed", [True, False])
def test_random_lives(is_listed: bool) -> None:
    """No second counts twice, and each second of a listed volume counts."""
    chance = random.Random(is_listed)  # noqa: S311 - repeatable, not secret
    for _life in range(500):
        observations = random_life(chance)
        by_id = {"v": observations} if observations else {}
        listed: list[Any] = [volume()] if is_listed else []
        for usage in volume_usage(listed, by_id, WINDOW, load_tables()):
            whole = usage.seconds + usage.unknown_seconds
            assert whole == 900 if is_listed else 0 < whole <= 900


def test_missing() -> None:
    """A volume that Cinder does not list has an unknown end, if its deletion was not observed."""
    usage = used([], seen("Active", 100), seen("In-use", 300))
    assert (states(usage), usage.unknown_seconds) == ([("Active", 10, 200)], 700)
    assert not usage.is_deleted


def test_observation_without_size() -> None:
    """An observation of an older gateway has no size, so its seconds are unknown."""
    usage = used([], seen("Active", 100, None), seen("Deleting", 400, None, is_deleted=True))
    assert (states(usage), usage.unknown_seconds) == ([], 300)


def test_window() -> None:
    """Only the seconds in the window count."""
    usage = used([volume()], seen("Creating", 100), window=Window(second(550), second(650)))
    assert states(usage) == [("Creating", 10, 50), ("Active", 10, 50)]
