# SPDX-License-Identifier: Apache-2.0
"""All schemas of the API, of requests and of answers."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

from marshmallow import Schema

from kic_vm import schemas
from kic_vm.schemas.base import IncomingSchema


def _schemas() -> Iterator[type[Schema]]:
    for module in pkgutil.iter_modules(schemas.__path__):
        for member in vars(importlib.import_module(f"{schemas.__name__}.{module.name}")).values():
            if inspect.isclass(member) and issubclass(member, Schema):
                yield member


def request_schemas() -> list[type[Schema]]:
    """Those of bodies and queries that come in."""
    return [schema for schema in _schemas() if issubclass(schema, IncomingSchema)]


def response_schemas() -> list[type[Schema]]:
    """Those of answers."""
    return [schema for schema in _schemas() if not issubclass(schema, IncomingSchema)]
