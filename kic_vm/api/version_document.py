# SPDX-License-Identifier: Apache-2.0
"""The document at ``GET /``: the version of the gateway, and links to its other documents."""

from typing import Any, Final

from oslo_config import cfg

from kic_vm.version import DISTRIBUTION, version

JSON = dict[str, Any]

DESCRIPTION: Final = "The KakaoCloud VM API on OpenStack"
# Relation -> path. The names are from IANA's link relations, if there is a suitable one.
_LINKS: Final = {
    "self": "/",
    "service-desc": "/openapi.json",
    "service-doc": "/docs",
    "status": "/readiness",
    "health": "/healthcheck",
    "lifecycle": "/api/v1/lifecycle",
    "tokens": "/identity/v3/auth/tokens",
}


def describe(conf: cfg.ConfigOpts, base_url: str) -> JSON:
    """The document.

    :param base_url: the URL of the gateway for clients
    """
    return {
        "name": DISTRIBUTION,
        "description": DESCRIPTION,
        "version": version(),
        "versions": [{"id": "v1", "status": "CURRENT", "path": "/api/v1"}],
        "links": [
            {"rel": relation, "href": f"{base_url}{path}"}
            for relation, path in _LINKS.items()
            if conf.api.docs or relation != "service-doc"
        ],
    }
