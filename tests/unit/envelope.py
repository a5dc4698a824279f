# SPDX-License-Identifier: Apache-2.0
"""What every answer of 400 and above has to be."""

import re
from typing import Any

from kic_vm.schemas.errors import ErrorSchema
from tests.contract import check
from tests.unit.conftest import Answer

JSON = dict[str, Any]
FIELD_PATH = re.compile(r"[A-Za-z_][\w-]*(\.[\w:-]+)*")


def refusal(response: Answer, status: int, code: str, *beside: str) -> JSON:
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
    if status == 400:
        check_field_errors(error)
    else:
        assert "errors" not in error
    assert error["request_id"] == response.headers["X-Openstack-Request-Id"]
    assert error["message"][-1] in ".)", error["message"]
    assert ".test" not in error["message"], "an address behind the gateway got out"
    return error


def check_field_errors(error: JSON) -> None:
    """Each problem of a 400 has a path in the one style, a documented code and a sentence."""
    assert error["errors"]
    for problem in error["errors"]:
        assert problem.keys() == {"field", "code", "message"}
        assert problem["field"] is None or FIELD_PATH.fullmatch(problem["field"]), problem
        assert problem["message"]
        assert problem["message"].rstrip(".") in error["message"] or "more)" in error["message"]
