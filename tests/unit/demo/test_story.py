# SPDX-License-Identifier: Apache-2.0
"""The story, against a gateway that answers as told."""

import io

import pytest
from demo.errors import DemoError
from demo.place import Place
from demo.screen import Screen
from demo.story import Story
from demo.wire import Gateway

from tests.unit.demo.conftest import Answer, Told

INSTANCE = "/api/v1/instances/9d6a"
STATES = ("Active", "Stopped", "Active", "Active", "Shelved_offloaded", "Active")

PERIODS = [
    {"state": "Deleting", "billable": False, "seconds": 2},
    {"state": None, "billable": None, "seconds": 1},
    {"state": "Active", "billable": True, "seconds": 5},
    {"state": "Stopped", "billable": True, "seconds": 3},
    {"state": "Active", "billable": True, "seconds": 4},
    {"state": "Building", "billable": False, "seconds": 6},
]


def shows(state: str) -> Answer:
    """An answer that shows the instance."""
    billable = state in ("Active", "Stopped")
    return 200, {"instance": {"lifecycle": {"state": state, "billable": billable}}}


@pytest.fixture
def output() -> io.StringIO:
    """What is shown."""
    return io.StringIO()


@pytest.fixture
def story(
    place: Place, gateway: Gateway, output: io.StringIO, told: Told, monkeypatch: pytest.MonkeyPatch
) -> Story:
    """A story whose every step goes well, unless a test tells the server otherwise."""
    monkeypatch.setattr("demo.story.secrets.token_hex", lambda _: "c0ffee")
    lifecycle = [{"state": "Active", "billable": True, "meaning": {"en": "It runs."}}]
    token = {
        "user": {"name": "me"},
        "project": {"name": "demo"},
        "roles": [{"name": "member"}],
    }
    flavor = {"id": "f1", "name": "other", "vcpus": 1, "memory_mb": 1024}
    images = [
        {"id": "i1", "name": "new", "status": "queued", "min_disk": 0},
        {"id": "i2", "name": "ubuntu-24.04", "status": "active", "min_disk": 20},
    ]
    told.on("GET /api/v1/lifecycle", (200, {"instance_states": lifecycle}))
    told.on("POST /identity/v3/auth/tokens", (201, {"token": token}))
    keypair = {"name": "demo-c0ffee", "type": "ssh", "fingerprint": "a:b", "private_key": "HUSH"}
    told.on("POST /api/v1/keypairs", (201, {"keypair": keypair}))
    told.on("GET /api/v1/flavors", (200, {"flavors": [flavor, flavor | {"name": "m2a.large"}]}))
    told.on("GET /api/v1/images", (200, {"images": images}))
    told.on("POST /api/v1/instances", (202, {"instance": {"id": "9d6a"}}))
    for command in ("stop", "start", "soft-reboot", "shelve", "unshelve"):
        told.on(f"POST {INSTANCE}/{command}", (202, None))
    told.on(f"DELETE {INSTANCE}", (204, None))
    told.on("DELETE /api/v1/keypairs/demo-c0ffee", (204, None))
    told.on(f"GET {INSTANCE}", *(shows(state) for state in STATES), (404, {"error": {}}))
    told.on(f"GET {INSTANCE}/history", (200, {"periods": PERIODS}), (200, "the picture"))
    return Story(place, gateway, Screen(output, live=False))


def changes(told: Told) -> list[str]:
    """The requests that change something, in order."""
    return [request for request, _, _ in told.asked if not request.startswith("GET")]


def test_the_story_plays_every_step_in_order_and_leaves_nothing(
    story: Story, told: Told, output: io.StringIO
) -> None:
    """From the token to the deleted keypair."""
    story.play()
    assert changes(told) == [
        "POST /identity/v3/auth/tokens",
        "POST /api/v1/keypairs",
        "POST /api/v1/instances",
        *(f"POST {INSTANCE}/{name}" for name in ("stop", "start", "soft-reboot")),
        *(f"POST {INSTANCE}/{name}" for name in ("shelve", "unshelve")),
        f"DELETE {INSTANCE}",
        "DELETE /api/v1/keypairs/demo-c0ffee",
    ]
    assert "The story went through: 15 steps" in output.getvalue()


def test_the_last_line_is_the_bill(story: Story, place: Place, output: io.StringIO) -> None:
    """Billed seconds by state, from the history; the picture is in the demo's directory."""
    story.play()
    last = output.getvalue().splitlines()[-1]
    assert last.startswith(
        "The bill, from its history: 12 s billed (Active 9 s, Stopped 3 s), 1 s unknown."
    )
    assert "the picture" in place.picture.read_text()


def test_the_instance_is_made_of_what_was_chosen(story: Story, told: Told) -> None:
    """An image that is ready, a volume that it fits on, which goes with the instance."""
    story.play()
    body = next(body for request, body, _ in told.asked if request == "POST /api/v1/instances")
    assert body["instance"] | {"description": ""} == {
        "name": "demo-c0ffee",
        "description": "",
        "flavor_id": "f1",
        "image_id": "i2",
        "subnets": [{"id": "subnet"}],
        "volumes": [{"size": 20, "is_delete_on_termination": True}],
        "key_name": "demo-c0ffee",
    }


def test_no_secret_is_shown(story: Story, output: io.StringIO) -> None:
    """Neither the credential's secret, nor the token, nor the private key."""
    story.play()
    for secret in ("hush", "the-token", "HUSH"):
        assert secret not in output.getvalue()


def test_a_refused_step_is_named_and_everything_is_taken_away(
    story: Story, told: Told, output: io.StringIO
) -> None:
    """With the words and the request id of the gateway."""
    error = {"code": "conflict", "message": "No.", "request_id": "req-7"}
    told.on(f"POST {INSTANCE}/shelve", (409, {"error": error}))
    told.on(f"GET {INSTANCE}", *(shows(state) for state in STATES[:4]), (404, None))
    with pytest.raises(DemoError):
        story.play()
    text = output.getvalue()
    assert "FAILED in step 10, shelve: POST /api/v1/instances/9d6a/shelve was answered 409" in text
    assert "Request id: req-7" in text
    assert changes(told)[-2:] == [f"DELETE {INSTANCE}", "DELETE /api/v1/keypairs/demo-c0ffee"]


def test_an_instance_in_error_is_taken_away(story: Story, told: Told, output: io.StringIO) -> None:
    """The story fails, and says in which step."""
    told.on(f"GET {INSTANCE}", shows("Error"), (404, None))
    with pytest.raises(DemoError):
        story.play()
    assert "FAILED in step 6, create: the instance went into the state Error" in output.getvalue()
    assert changes(told)[-2:] == [f"DELETE {INSTANCE}", "DELETE /api/v1/keypairs/demo-c0ffee"]


def test_ctrl_c_takes_everything_away(
    story: Story, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And goes on as Ctrl-C."""

    def interrupted(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("demo.watch.Watch.until", interrupted)
    told.on(f"GET {INSTANCE}", (404, None))
    with pytest.raises(KeyboardInterrupt):
        story.play()
    assert changes(told)[-2:] == [f"DELETE {INSTANCE}", "DELETE /api/v1/keypairs/demo-c0ffee"]


def test_what_cannot_be_taken_away_is_named(story: Story, told: Told, output: io.StringIO) -> None:
    """So that the person can."""
    told.on(f"GET {INSTANCE}", shows("Error"))
    told.on(f"DELETE {INSTANCE}", (503, {"error": {"code": "down", "message": "Later."}}))
    with pytest.raises(DemoError):
        story.play()
    assert "The instance 9d6a is left: DELETE" in output.getvalue()
    assert changes(told)[-1] == "DELETE /api/v1/keypairs/demo-c0ffee"


def test_a_second_ctrl_c_ends_the_cleaning_up(
    story: Story, told: Told, output: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And says what may be left."""

    def interrupted(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("demo.watch.Watch.until", interrupted)
    monkeypatch.setattr("demo.watch.Watch.until_gone", interrupted)
    with pytest.raises(KeyboardInterrupt):
        story.play()
    assert "Left: instance 9d6a, keypair demo-c0ffee" in output.getvalue()


def test_a_missing_file_says_who_writes_it(place: Place, gateway: Gateway) -> None:
    """The standalone OpenStack."""
    (place.directory / "endpoints.json").write_text("{}")
    with pytest.raises(DemoError, match="has no 'subnet_id'; devstack/standalone up writes it"):
        Story(place, gateway, Screen(io.StringIO(), live=False))
