# SPDX-License-Identifier: Apache-2.0
"""Hold a response against the wire contract, as strictly as the official SDK decodes it.

``check("bcs", "GetInstance", body)`` gives what is wrong with a body, one sentence a problem; an
empty list is a body that the SDK reads. ``data/`` says what the contract is: each field's ``type``,
whether its key is ``required``, and whether an explicit null makes the decoder fail
(``null_fails``). Beyond the SDK, a key that the contract does not have is a problem too.
"""

import datetime
import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

Model = dict[str, Any]

# What the gateway says on top of the contract: everywhere the lifecycle, why an instance is in
# Error, in the answer to an update the status, which the contract has in get and list only, and in
# the answer to a creation all that was made. A rule of a security group says the protocol's name in
# OpenStack where the contract has none for it.
OUR_OWN: Final = {
    "bcs": {
        "BcsInstanceV1ApiGetInstanceModelInstanceModel": {"lifecycle", "fault"},
        "BcsInstanceV1ApiListInstancesModelInstanceModel": {"lifecycle", "fault"},
        "BcsInstanceV1ApiUpdateInstanceModelInstanceModel": {"lifecycle", "status"},
        "RebuildInstanceModel": {"lifecycle", "status"},
        "ResponseCreateInstanceModel": {"instances"},
    },
    "volume": {
        "BcsVolumeV1ApiGetVolumeModelVolumeModel": {"lifecycle"},
        "BcsVolumeV1ApiListVolumesModelVolumeModel": {"lifecycle"},
        "BcsVolumeV1ApiCreateVolumeModelVolumeModel": {"lifecycle"},
        "BcsVolumeV1ApiUpdateVolumeModelVolumeModel": {"lifecycle"},
    },
    "network": {
        f"BnsNetworkV1Api{operation}ModelSecurityGroupRuleModel": {"openstack_protocol"}
        for operation in ("GetSecurityGroup", "ListSecurityGroups", "UpdateSecurityGroup")
    },
}

DATA: Final = Path(__file__).with_name("data")
_CONTAINER: Final = re.compile(r"(array|map)<(?:string,)?(.+)>")
_DATETIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_SCALARS: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
}


def check(service: str, operation_id: str, body: Any, status: int = 200) -> list[str]:
    """What is wrong with a response body.

    :param service: name of a file in ``data/``, such as ``bcs``
    :param operation_id: the SDK's method, such as ``GetInstance``
    :param body: the decoded JSON; None or "" where there was none
    :param status: of the response; the SDK decodes the errors of some statuses
    """
    contract = load(service)
    operation = _operation(contract, operation_id)
    if status < 300:
        model = operation["response"]["2xx"]
    else:
        model = operation["error_statuses"].get(str(status))
        body = _without_our_error_fields(body)
    if model == "any" or (model is None and (status >= 300 or not body)):
        return []
    if model is None:
        return [f"body: there should be none, there is {body!r}"]
    if status < 300 and (body is None or body == ""):
        return ["body: there is none"]
    return list(_Checker(contract["models"], OUR_OWN.get(service, {})).ref(model, body, "body"))


@functools.cache
def load(service: str) -> dict[str, Any]:
    """The contract of a service."""
    loaded: dict[str, Any] = json.loads((DATA / f"{service}.json").read_text())
    return loaded


def operation_at(service: str, method: str, path: str) -> str | None:
    """The id of the operation at a method and path template; None where there is none."""
    for operation in load(service)["operations"]:
        if (operation["method"], operation["path"]) == (method, path):
            return str(operation["id"])
    return None


def _operation(contract: dict[str, Any], operation_id: str) -> dict[str, Any]:
    found = [item for item in contract["operations"] if item["id"] == operation_id]
    assert found, f"{contract['service']} has no operation {operation_id}"
    operation: dict[str, Any] = found[0]
    return operation


def _without_our_error_fields(body: Any) -> Any:
    """Error details and the request id stand beside code and message by our own design."""
    if not isinstance(body, dict) or not isinstance(body.get("error"), dict):
        return body
    kept = {key: value for key, value in body["error"].items() if key in {"code", "message"}}
    return {**body, "error": kept}


class _Checker:
    """Walks a body along the models of one service."""

    def __init__(self, models: dict[str, Model], own: dict[str, set[str]]) -> None:
        self._models = models
        self._own = own

    def ref(self, name: str, value: Any, path: str) -> Iterator[str]:
        """Problems of a value that should be of this model."""
        model = self._models[name]
        if "enum" in model:
            yield from self._enum(model["enum"], value, path)
        elif not isinstance(value, dict):
            yield f"{path}: {value!r} should be an object ({name})"
        else:
            yield from self._object(name, model["fields"], value, path)

    def _object(
        self, name: str, fields: list[Model], value: dict[str, Any], path: str
    ) -> Iterator[str]:
        for field in fields:
            here = f"{path}.{field['json']}"
            if field["json"] not in value:
                if field["required"]:
                    yield f"{here}: the key is missing"
            elif value[field["json"]] is None:
                if field["null_fails"]:
                    yield f"{here}: null is not read"
            else:
                yield from self._typed(field["type"], field, value[field["json"]], here)
        known = {field["json"] for field in fields} | self._own.get(name, set())
        for key in value.keys() - known:
            yield f"{path}.{key}: {name} has no such key"

    def _typed(self, type_: str, field: Model, value: Any, path: str) -> Iterator[str]:
        container = _CONTAINER.fullmatch(type_)
        if container:
            kind, member_type = container.groups()
            yield from self._members(kind, member_type, field, value, path)
        elif type_.startswith("ref "):
            yield from self.ref(type_.removeprefix("ref "), value, path)
        elif type_ == "datetime":
            yield from _datetime(value, path)
        elif type_ != "any":
            yield from self._scalar(type_, field, value, path)

    def _members(self, kind: str, type_: str, field: Model, value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, list if kind == "array" else dict):
            yield f"{path}: {value!r} should be an {kind}"
            return
        pairs = enumerate(value) if isinstance(value, list) else value.items()
        for key, member in pairs:
            yield from self._typed(type_, field, member, f"{path}[{key}]")

    def _scalar(self, type_: str, field: Model, value: Any, path: str) -> Iterator[str]:
        is_bool_by_mistake = isinstance(value, bool) and type_ != "boolean"
        if is_bool_by_mistake or not isinstance(value, _SCALARS[type_]):
            yield f"{path}: {value!r} should be a {type_}"
            return
        if type_ == "integer":
            limit = 2 ** (field.get("bits", 64) - 1)
            if not -limit <= value < limit:
                yield f"{path}: {value} does not fit into {field.get('bits', 64)} bits"
        if field["enum"]:
            yield from self._enum(field["enum"], value, path)

    @staticmethod
    def _enum(allowed: list[Any], value: Any, path: str) -> Iterator[str]:
        if value not in allowed:
            yield f"{path}: {value!r} is none of {allowed}"


def _datetime(value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, str) or not _DATETIME.fullmatch(value):
        yield f"{path}: {value!r} is no RFC 3339 time with an offset"
        return
    try:
        datetime.datetime.fromisoformat(value)
    except ValueError:
        yield f"{path}: there is no time {value!r}"
