# SPDX-License-Identifier: Apache-2.0
"""The proxies and certificates that the environment sets for an address."""

from typing import Any

import requests


class Environment:
    """The settings of the environment, looked up once for each address, not for each request."""

    def __init__(self) -> None:
        self._session = requests.Session()  # only looks up settings; sends nothing
        self._settings: dict[tuple[Any, ...], dict[str, Any]] = {}

    def settings_for(self, url: str, verify: Any, cert: Any) -> dict[str, Any]:
        """The arguments ``proxies``, ``verify`` and ``cert`` of a request.

        :param verify: as in requests
        :param cert: as in requests
        """
        key = (*url.split("/", 3)[:3], verify, cert)  # the scheme and the host
        settings = self._settings.get(key)
        if settings is None:
            settings = dict(self._session.merge_environment_settings(url, {}, None, verify, cert))
            settings.pop("stream")
            self._settings[key] = settings
        return settings
