# SPDX-License-Identifier: Apache-2.0
"""Calls the OpenStack APIs as one user, with nothing but the standard library."""

import contextlib
import json
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, BinaryIO

from .deployment import Deployment
from .errors import StandaloneError

ROOTS = {"glance": "/v2", "neutron": "/v2.0"}


class ApiError(StandaloneError):
    """An API refused a call."""

    def __init__(self, method: str, url: str, status: int, text: str) -> None:
        """Say what was refused."""
        super().__init__(f"{method} {url} was answered {status}: {text[:500]}")
        self.status = status


class Session:
    """A user of this deployment, scoped to a project."""

    def __init__(self, deployment: Deployment, auth: dict[str, Any]) -> None:
        """Know how to log in; the token is asked for later."""
        self._deployment = deployment
        self._auth = auth
        self._lock = threading.Lock()
        self._token = ""
        self._body: dict[str, Any] = {}

    @property
    def token(self) -> str:
        """The token, asked for when first needed."""
        with self._lock:
            if not self._token:
                url = self._deployment.url("keystone") + "/auth/tokens"
                headers, text = _send("POST", url, {"Content-Type": "application/json"}, self._auth)
                self._token = headers["X-Subject-Token"]
                self._body = json.loads(text)["token"]
        return self._token

    @property
    def project_id(self) -> str:
        """The project that the token is scoped to."""
        return str(self.token and self._body["project"]["id"])

    @property
    def user_id(self) -> str:
        """The user's own id."""
        return str(self.token and self._body["user"]["id"])

    def call(
        self, service: str, method: str, path: str, body: Any = None, **headers: str
    ) -> dict[str, Any]:
        """The decoded answer of a call; `path` is relative to the API's version."""
        url = self._deployment.url(service) + ROOTS.get(service, "") + path
        send = {"X-Auth-Token": self.token, "Content-Type": "application/json"}
        send |= {key.replace("_", "-"): value for key, value in headers.items()}
        _, text = _send(method, url, send, body)
        return dict(json.loads(text)) if text else {}


def administrator(deployment: Deployment) -> Session:
    """The session of the administrator that Keystone was bootstrapped with."""
    return password_session(deployment, "admin", "admin", "Default")


def password_session(deployment: Deployment, user: str, project: str, domain: str) -> Session:
    """A session of a user with a password; user and project lie in the same domain."""
    where = {"domain": {"name": domain}}
    password = {"user": {"name": user, "password": deployment.password(user), **where}}
    identity = {"methods": ["password"], "password": password}
    scope = {"project": {"name": project, **where}}
    return Session(deployment, {"auth": {"identity": identity, "scope": scope}})


def _send(method: str, url: str, headers: dict[str, str], body: Any) -> tuple[Any, bytes]:
    with contextlib.ExitStack() as stack:
        data: BinaryIO | bytes | None = None
        if isinstance(body, Path):  # an image may be large
            data = stack.enter_context(body.open("rb"))
            headers = {**headers, "Content-Length": str(body.stat().st_size)}
        elif body is not None:
            data = json.dumps(body).encode()
        request = urllib.request.Request(url, data=data, headers=headers, method=method)
        return _open(request)


def _open(request: urllib.request.Request) -> tuple[Any, bytes]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=60) as response:
            return response.headers, response.read()
    except urllib.error.HTTPError as error:
        text = error.read().decode("utf-8", "replace")
        raise ApiError(request.get_method(), request.full_url, error.code, text) from error
    except OSError as error:
        message = f"{request.get_method()} {request.full_url} failed: {error}"
        raise StandaloneError(message) from error
