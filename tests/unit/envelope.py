"""What every answer of 400 and above has to be."""

from typing import Any

from werkzeug.test import TestResponse

from kic_vm.schemas.errors import ErrorSchema
from tests.contract import check

JSON = dict[str, Any]


def refusal(response: TestResponse, status: int, code: str, *beside: str) -> JSON:
    """The error in a refused request's answer, after a look at its envelope.

    :param beside: what stands in the body beside the error
    """
    assert response.status_code == status, response.text
    assert response.content_type == "application/json"
    body: JSON = response.json
    assert body.keys() == {"error", *beside}
    assert check("bcs", "UpdateInstance", {"error": body["error"]}, status=409) == []
    error: JSON = body["error"]
    assert ErrorSchema().validate(error) == {}, "not as documented"
    assert error["code"] == code, error
    assert error["request_id"] == response.headers["X-Openstack-Request-Id"]
    assert error["message"][-1] in ".)", error["message"]
    assert ".test" not in error["message"], "an address behind the gateway got out"
    return error
