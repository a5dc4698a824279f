# SPDX-License-Identifier: Apache-2.0
"""The spans of a request and of its calls: who they belong to, and no secret in any of them."""

import json

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.unit.bodies import FLAVOR, IMAGE, SERVER, SUBNET
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.personas import PROJECT, SECRET, token_of
from tests.unit.tracing.spans import INSTANCE, PARENT, ROUTE, Finished, by_name, parents, the


class TestRequest:
    """The span of the request."""

    def test_attributes(self, member: Caller, finished: Finished) -> None:
        """Method, route, status, request id and project are there, but neither path nor query."""
        response = member.get(f"{INSTANCE}?marker={SECRET}")
        span = the(finished(), ROUTE)
        assert span.attributes == {
            "http.request.method": "GET",
            "http.route": "/api/v1/instances/{instance_id}",
            "http.response.status_code": response.status_code,
            "openstack.request_id": response.headers["X-Openstack-Request-Id"],
            "openstack.project_id": PROJECT,
        }
        assert span.parent is None
        assert span.resource.attributes["service.name"] == "kic-vm"

    @pytest.mark.parametrize("path", ["/healthcheck", "/readiness"])
    def test_health_checks(self, member: Caller, finished: Finished, path: str) -> None:
        """Health checks have no trace."""
        member.get(path)
        assert finished() == {}

    def test_failure(self, member: Caller, finished: Finished, populated: Cloud) -> None:
        """A failure of a service marks the call and the request as failed, without its message."""
        populated.take_down("nova")
        assert member.get(INSTANCE).status_code == 503
        found = finished()
        for span in (the(found, ROUTE), *found["compute GET /servers/{id}"]):
            assert not span.status.is_ok
            assert (span.status.description, span.events) == (None, ())
            assert span.attributes is not None
            assert span.attributes["error.type"] in {"503", "ConnectionError"}

    def test_unknown_method(self, member: Caller, finished: Finished) -> None:
        """A method that the client has invented does not become a name."""
        member.request("INVENTED", INSTANCE)
        assert the(finished(), "_OTHER").attributes["http.request.method"] == "_OTHER"  # type: ignore[index]


class TestUpstreamCalls:
    """The spans of the calls to the services."""

    def test_parents(self, member: Caller, finished: Finished, populated: Cloud) -> None:
        """Calls in a row and side by side are children of the request, and tell who they are."""
        assert member.get(INSTANCE).status_code == 200
        found = finished()
        request = the(found, ROUTE)
        sent = populated.calls()
        calls = [span for listed in found.values() for span in listed if span is not request]
        assert len(calls) == len(sent) > 1
        assert parents(calls) == {request.context.span_id}
        assert the(found, "compute GET /servers/{id}").attributes == {
            "http.request.method": "GET",
            "http.response.status_code": 200,
            "kic_vm.service": "compute",
            "server.address": "nova.test",
            "url.template": "/servers/{id}",
        }

    def test_discovery(
        self, exporter: InMemorySpanExporter, member: Caller, populated: Cloud
    ) -> None:
        """A request for the versions of a service tells so."""
        assert member.get("/api/v1/images").status_code == 200
        spans = by_name(exporter)
        assert spans.keys() >= {"image GET /", "identity GET /v3"}
        discovery = the(spans, "image GET /")
        assert discovery.attributes is not None
        assert discovery.attributes["url.template"] == "/"

    def test_headers(self, member: Caller, finished: Finished, populated: Cloud) -> None:
        """Each service gets the span that its own spans belong to."""
        member.get(INSTANCE)
        found = finished()
        spans_of_nova = [
            span for name, listed in found.items() if name.startswith("compute ") for span in listed
        ]
        expected = {
            f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}" for span in spans_of_nova
        }
        headers = {
            header.rpartition("-")[0]
            for header in [request.headers["traceparent"] for request in populated.sent("nova")]
        }
        assert headers == expected

    def test_retry(self, member: Caller, finished: Finished, populated: Cloud) -> None:
        """A GET that keystoneauth sends again tells why, and how often it was sent before."""
        path = f"/servers/{SERVER['id']}"
        populated.answer_in_turn(
            "GET", "nova", path, [{"status_code": 401}, {"json": {"server": SERVER}}]
        )
        member.get(INSTANCE)
        first, second, *_more = finished()["compute GET /servers/{id}"]
        assert first.attributes is not None
        assert second.attributes is not None
        assert first.attributes["http.response.status_code"] == 401
        assert "http.request.resend_count" not in first.attributes
        assert second.attributes["http.request.resend_count"] == 1
        assert second.attributes["kic_vm.fallback"] == "unauthorized"


def test_no_secrets(exporter: InMemorySpanExporter, member: Caller, populated: Cloud) -> None:
    """Tokens, passwords, user data, keys, ids and names of resources are in no span."""
    member.get(f"/api/v1/instances?name={SECRET}", headers=PARENT)
    member.get(f"/api/v1/keypairs/{SECRET}")
    member.post("/api/v1/keypairs", json={"name": SECRET, "public_key": SECRET})
    member.post(
        "/api/v1/instances",
        json={
            "name": SECRET,
            "flavor_id": FLAVOR["id"],
            "image_id": IMAGE["id"],
            "subnets": [{"id": SUBNET["id"]}],
            "user_data": SECRET,
        },
    )
    member.post("/identity/v3/auth/tokens", json={"auth": {"identity": {"password": SECRET}}})
    member.get(f"/nowhere/{SECRET}")
    found = [span.to_json() for span in exporter.get_finished_spans()]
    text = json.dumps(found)
    assert len(found) > 6
    for secret in (SECRET, token_of("member"), token_of("gateway"), SERVER["id"], SERVER["name"]):
        assert secret not in text
