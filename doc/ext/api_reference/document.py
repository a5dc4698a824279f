# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI document as the gateway serves it."""

import functools
import warnings
from pathlib import Path
from typing import Any

from werkzeug.test import Client

from kic_vm import conf as configuration
from kic_vm import deploy

JSON = dict[str, Any]
_CONFIGURATION = Path(__file__).with_name("kic-vm.conf")


@functools.cache
def load_document() -> JSON:
    """The answer of ``GET /openapi.json``, from the whole gateway in this process."""
    conf = configuration.load(config_file=str(_CONFIGURATION))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of two schemas with one name
        client = Client(deploy.load_app(conf))
    found: JSON = client.get("/openapi.json").get_json()
    return found


def resolved(document: JSON, schema: JSON) -> JSON:
    """A schema, or what it refers to."""
    if "$ref" in schema:
        *_path, section, name = schema["$ref"].split("/")
        return resolved(document, document["components"][section][name])
    if len(schema.get("allOf", [])) == 1:
        return resolved(document, schema["allOf"][0]) | {
            key: value for key, value in schema.items() if key != "allOf"
        }
    return schema
