# SPDX-License-Identifier: Apache-2.0
"""What is asked of the gateway, so that every operation has been asked once."""

from doc.api_examples.recording import Recording
from doc.api_examples.stories import images, instances, members, networks, public, volumes


def play(recording: Recording, credential: dict[str, str]) -> None:
    """All stories; what one makes it removes."""
    public.play(recording, credential)
    members.play(recording)
    networks.play(recording)
    volumes.play(recording)
    with networks.network(recording) as network:
        instances.play(recording, network)
    images.play(recording)
    recording.call("member", "GET /api/v1/events", query={"after": "oldest"})
