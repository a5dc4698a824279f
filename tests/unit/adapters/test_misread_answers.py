# SPDX-License-Identifier: Apache-2.0
"""Which failures an answer is to blame for, and which are the gateway's own."""

from collections.abc import Callable
from types import FunctionType
from typing import Any

import pytest

from kic_vm.adapters import misread_answers
from kic_vm.adapters.service import Answer

SERVER: dict[str, Any] = {"id": "s", "flavor": {"vcpus": 1}, "created": 7, "tags": []}
PORT: dict[str, Any] = {"id": "p", "fixed_ips": [{"subnet_id": "n"}]}
ANSWERS = [Answer("compute", {"server": SERVER}), Answer("network", {"ports": [PORT]})]


def in_module(function: Any, module: str) -> Any:
    """The same function as if it stood in another module."""
    return FunctionType(
        function.__code__,
        {**globals(), "__name__": module},
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )


def blamed(read: Callable[..., Any], *arguments: Any) -> str | None:
    """The service that is blamed for what a function raises."""
    try:
        read(*arguments)
    except Exception as error:  # noqa: BLE001 - whatever it is
        return misread_answers.service_of(error, ANSWERS)
    raise AssertionError("nothing was raised")


def of_server(server: Any, port: Any) -> Any:
    """Read what the server lacks."""
    return port["id"] == server["flavor"]["name"]


def of_port(server: Any, port: Any) -> Any:
    """Read what the port lacks."""
    return server["id"] == port["fixed_ips"][0]["address"]


def of_item(server: Any, port: Any) -> Any:
    """Read what the port lacks, where only its parts are named."""
    return server, [fixed["address"] for fixed in port["fixed_ips"]]


def of_wrong_type(server: Any, port: Any) -> Any:
    """Read a number as an object."""
    return port, server["created"]["year"]


def of_short_list(server: Any, port: Any) -> Any:
    """Read the first of none."""
    return port, server["tags"][0]


def of_missing_item(server: Any, port: Any) -> Any:
    """Find an item that is not there."""
    return port, next(tag for tag in server["tags"] if tag)


def of_several_lines(server: Any, port: Any) -> Any:
    """An expression that the source's line alone does not show."""
    return [
        server,
        port,
    ][0]["name"]


@pytest.mark.parametrize(
    ("read", "service"),
    [
        (of_server, "compute"),
        (of_port, "network"),
        (of_item, "network"),
        (of_wrong_type, "compute"),
        (of_short_list, "compute"),
        (of_missing_item, "compute"),
        (of_several_lines, "compute"),
    ],
)
@pytest.mark.parametrize("module", ["kic_vm.mappings.x", "kic_vm.operations.x"])
def test_service(read: Callable[..., Any], service: str, module: str) -> None:
    """The service is the one whose answer the failing expression reads."""
    assert blamed(in_module(read, module), SERVER, PORT) == service


def test_helper() -> None:
    """What a function is handed on is still a part of the answer."""
    helper = in_module(lambda text: text.strip(), "kic_vm.mappings.times")
    read = in_module(lambda server: helper(server["created"]), "kic_vm.mappings.x")
    assert blamed(read, SERVER) == "compute"


def test_helper_of_something_else() -> None:
    """What a function is handed beside which there is an answer is the gateway's own."""
    helper = in_module(lambda text: text.strip(), "kic_vm.mappings.times")
    read = in_module(lambda server: server["id"] and helper(7), "kic_vm.mappings.x")
    assert blamed(read, SERVER) is None


def test_own_table() -> None:
    """A table of the gateway's own that lacks a key is the gateway's failure."""
    table = in_module(lambda word: {}[word], "kic_vm.lifecycle.x")
    read = in_module(lambda server: table(server["id"]), "kic_vm.mappings.x")
    assert blamed(read, SERVER) is None


def test_other_answers() -> None:
    """An object that no service has answered is the gateway's own."""
    own = {"id": 1, "flavor": {}}
    assert blamed(in_module(of_server, "kic_vm.mappings.x"), own, {}) is None


def test_changed_copy() -> None:
    """A copy of an answer's object, with a change of the gateway's, is still that service's."""
    changed = SERVER | {"flavor": {}}
    assert blamed(in_module(of_server, "kic_vm.mappings.x"), changed, {}) == "compute"


def test_library() -> None:
    """Code that is not the gateway's does not count by itself."""
    assert blamed(of_server, SERVER, PORT) is None


@pytest.mark.parametrize("error", [AssertionError(), RuntimeError()])
def test_other_errors(error: Exception) -> None:
    """Not every failure is one of reading."""

    def read(_server: Any) -> None:
        raise error

    assert blamed(in_module(read, "kic_vm.mappings.x"), SERVER) is None
