# SPDX-License-Identifier: Apache-2.0
"""The SDK's program before a gateway of its own, and two users."""

from collections.abc import Callable, Iterator
from pathlib import Path

import openstack
import pytest

from tests.functional.client import Gateway
from tests.functional.conftest import (
    _turn,
    cloud,
    gateway,
    standalone,
    start_gateway,
    subnet_id,
)
from tests.gosdk import caller as sdk

__all__ = ["_turn", "cloud", "gateway", "standalone", "start_gateway", "subnet_id"]


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled program; where it cannot be had, the tests are skipped and say why."""
    try:
        return sdk.build(tmp_path_factory.mktemp("gosdk") / "caller")
    except sdk.CannotBuildError as error:
        pytest.skip(f"The official Go SDK is not here: {error}")


@pytest.fixture(scope="session")
def caller(program: Path, gateway: Gateway) -> Iterator[sdk.Caller]:
    """The running program."""
    running = sdk.Caller(program, gateway.url)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def user(caller: sdk.Caller, cloud: Callable[[str], openstack.connection.Connection]) -> sdk.User:
    """A project's admin, who may call every operation."""
    return sdk.User(caller, cloud("kic-admin").auth_token)
