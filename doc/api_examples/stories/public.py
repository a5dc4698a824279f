# SPDX-License-Identifier: Apache-2.0
"""What needs no token, and what everybody may look at."""

import uuid

from doc.api_examples.recording import Recording


def play(recording: Recording, credential: dict[str, str]) -> None:
    """Health, documents, tokens, client configuration, flavors, images and quotas."""
    recording.call(None, "GET /healthcheck")
    recording.call(None, "GET /readiness")
    recording.call(None, "GET /")
    recording.call(None, "GET /api/v1/lifecycle")
    recording.call(None, "GET /openapi.json")
    identity = {"methods": ["application_credential"], "application_credential": credential}
    recording.call(
        None, "POST /identity/v3/auth/tokens", {"auth": {"identity": identity}}, expect=201
    )
    token = recording.headers["X-Subject-Token"]
    recording.call(
        None,
        "GET /identity/v3/auth/tokens",
        headers={"X-Auth-Token": token, "X-Subject-Token": token},
    )
    recording.call("member", "GET /api/v1/client-endpoints/resolve")
    recording.call("member", "GET /api/v1/az-policies/resolve")
    recording.call("member", "GET /api/v1/client-metadata/resolve", query={"service": "bcs"})
    flavor = recording.call("member", "GET /api/v1/flavors", query={"name": "t1i.micro"})
    one = "GET /api/v1/flavors/{flavor_id}"
    recording.call("member", one, flavor_id=flavor["flavors"][0]["id"])
    recording.refused("member", one, 404, flavor_id=str(uuid.uuid4()))
    images = recording.call("member", "GET /api/v1/images", query={"name": "ubuntu"})
    recording.call("member", "GET /api/v1/images/{image_id}", image_id=images["images"][0]["id"])
    recording.call("member", "GET /api/v1/quotas")
