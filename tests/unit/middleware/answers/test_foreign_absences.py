# SPDX-License-Identifier: Apache-2.0
"""A 404 that is not the service's own: it does not say that a resource does not exist."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.unit.answers import Answered, answers
from tests.unit.bodies import SERVER, error
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.middleware.answers.test_misread_answers import OPERATIONS, SERVICES, STATEFUL
from tests.unit.populated import populate
from tests.unit.prepared import prepare
from tests.unit.requests_of import arguments_of, path_of

PAGES: Final = {
    "nothing": "",
    "text": "default backend - 404",
    "nginx": (
        "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n"
        "<center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n"
    ),
    # Of the services themselves: there is no such path.
    "webob": (
        "<html>\n <head>\n  <title>404 Not Found</title>\n </head>\n <body>\n"
        "  <h1>404 Not Found</h1>\n  The resource could not be found.<br /><br />\n\n\n\n"
        " </body>\n</html>"
    ),
    "JSON": '{"message": "no Route matched with those values"}',
}
OWN: Final = {
    "nova": ("nova_404_server", f"/servers/{SERVER['id']}", "/api/v1/instances/{instance_id}"),
    "cinder": ("cinder_404", "/volumes/", "/api/v1/volumes/{volume_id}"),
    "glance": ("glance_404", "/images/", "/api/v1/images/{image_id}"),
    "neutron": ("neutron_404_port", "/ports/", "/api/v1/network-interfaces/{network_interface_id}"),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_read(caller: Callable[[str], Caller], populated: Cloud, operation: str) -> None:
    """Whichever read of an operation meets it, the operation blames the service, or works."""
    method, template = operation.split(" ")
    persona = "member" if "keypairs" in template else "admin"

    def answer(answered: Answered | None) -> Any:
        if any(word in template for word in STATEFUL):
            populate(populated)
            prepare(populated, operation)
        if answered:
            populated.answer(
                "GET", answered.service, answered.path, status=404, text=PAGES["nginx"]
            )
        path, arguments = path_of(method, template), arguments_of(method, template)
        return caller(persona).request(method, path, **arguments)

    prepare(populated, operation)
    good = answer(None).status_code
    for answered in [one for one in answers(populated) if one.method == "GET"]:
        response = answer(answered)
        if response.status_code != good:
            assert response.status_code in {502, 503}, (answered.path, response.text)
            assert response.json["error"]["service"] == SERVICES[answered.service]
        answered.answer_with(populated, answered.body)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("service", OWN)
def test_page(admin: Caller, populated: Cloud, service: str, page: str) -> None:
    """Each such answer is a failure of the service; the service's own is a 404."""
    name, path, template = OWN[service]
    (found,) = {
        answered.path
        for answered in reads_of(admin, populated, template)
        if answered.service == service and answered.path.startswith(path)
    }
    populated.answer("GET", service, found, status=404, text=PAGES[page])
    response = admin.get(path_of("GET", template))
    assert refusal(response, 502, "upstream_error")["service"] == SERVICES[service]
    populated.answer("GET", service, found, **error(name))
    refusal(admin.get(path_of("GET", template)), 404, "not_found")


def reads_of(admin: Caller, populated: Cloud, template: str) -> list[Answered]:
    """What the services answer to a GET of the gateway."""
    assert admin.get(path_of("GET", template)).status_code == 200
    return answers(populated)
