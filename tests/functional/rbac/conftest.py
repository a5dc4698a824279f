# SPDX-License-Identifier: Apache-2.0
"""Real Keystone tokens of every kind of caller."""

import datetime
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import openstack
import pytest
from keystoneauth1 import session
from keystoneauth1.identity import v3

JSON = dict[str, Any]
Headers = dict[str, str]
Connect = Callable[[str], openstack.connection.Connection]
ACCESS_RULE = {"service": "kic-vm", "method": "GET", "path": "/api/v1/flavors"}


class People:
    """Makes tokens; what has to be made in Keystone for them is removed again."""

    def __init__(self, standalone: Path, cloud: Connect, removals: ExitStack) -> None:
        self._loader = openstack.config.OpenStackConfig(
            config_files=[str(standalone / "clouds.yaml")]
        )
        self._cloud = cloud
        self._removals = removals
        self._identity = cloud("kic-operator").identity

    def _known(self, name: str) -> JSON:
        """How a persona of clouds.yaml logs in, without a scope."""
        auth: JSON = dict(self._loader.get_one(name).config["auth"])
        return {key: auth[key] for key in auth if not key.startswith("project_")}

    @staticmethod
    def _token(auth: Any) -> Headers:
        token = session.Session(auth=auth).get_token()
        assert token
        return {"X-Auth-Token": token}

    def _call(self, method: str, path: str, **kwargs: Any) -> Any:
        response = self._identity.request(path, method, **kwargs)
        assert response.status_code < 300, f"{method} {path}: {response.text}"
        return response

    def _role(self, path: str) -> None:
        """Give the operator the role admin somewhere, for a while."""
        (admin,) = self._call("GET", "/roles?name=admin").json()["roles"]
        user_id = self._cloud("kic-operator").current_user_id
        grant = path.format(user=user_id) + admin["id"]
        self._call("PUT", grant)
        self._removals.callback(self._call, "DELETE", grant)

    def of(self, name: str) -> Headers:
        """A persona of clouds.yaml, in its project."""
        return self._token(v3.Password(**self._loader.get_one(name).config["auth"]))

    def unscoped(self, name: str) -> Headers:
        """A persona of clouds.yaml, for nothing."""
        return self._token(v3.Password(**self._known(name), unscoped=True))

    def without_role(self) -> Headers:
        """A user who has no role anywhere."""
        name, password = f"functional-{uuid.uuid4().hex[:8]}", uuid.uuid4().hex
        made = self._identity.create_user(name=name, password=password, domain_id="default")
        self._removals.callback(self._identity.delete_user, made.id)
        auth_url = self._known("kic-member")["auth_url"]
        return self._token(
            v3.Password(
                auth_url, username=name, password=password, user_domain_id="default", unscoped=True
            )
        )

    def domain_scoped(self) -> Headers:
        """A cloud admin for a domain."""
        self._role("/domains/default/users/{user}/roles/")
        return self._token(v3.Password(**self._known("kic-operator"), domain_id="default"))

    def system_scoped(self) -> Headers:
        """A cloud admin for the system."""
        self._role("/system/users/{user}/roles/")
        return self._token(v3.Password(**self._known("kic-operator"), system_scope="all"))

    def credential(self, **kwargs: Any) -> Headers:
        """An application credential of the member."""
        connection = self._cloud("kic-member")
        user_id, name = connection.current_user_id, f"functional-{uuid.uuid4().hex[:8]}"
        body = {"application_credential": {"name": name} | kwargs}
        path = f"/users/{user_id}/application_credentials"
        made = connection.identity.post(path, json=body).json()["application_credential"]
        for rule in made.get("access_rules", ()):  # they stay behind when the credential goes
            removal = f"/users/{user_id}/access_rules/{rule['id']}"
            self._removals.callback(connection.identity.delete, removal)
        self._removals.callback(connection.identity.delete, f"{path}/{made['id']}")
        return self._token(
            v3.ApplicationCredential(
                self._known("kic-member")["auth_url"],
                application_credential_id=made["id"],
                application_credential_secret=made["secret"],
            )
        )

    def expired(self) -> Headers:
        """A token whose time is over: that of a credential which was made to last a moment."""
        end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=4)
        headers = self.credential(expires_at=end.strftime("%Y-%m-%dT%H:%M:%S.%f"))
        while datetime.datetime.now(datetime.UTC) < end + datetime.timedelta(seconds=1):
            time.sleep(0.2)
        return headers

    def revoked(self) -> Headers:
        """A token that its owner has given back."""
        headers = self.of("kic-member")
        self._cloud("kic-member").identity.delete(
            "/auth/tokens", headers=headers | {"X-Subject-Token": headers["X-Auth-Token"]}
        )
        return headers


@pytest.fixture(scope="session")
def personas(standalone: Path, cloud: Connect) -> Iterator[dict[str, Headers]]:
    """The headers with which each persona of personas.yaml comes."""
    with ExitStack() as removals:
        people = People(standalone, cloud, removals)
        project = str(cloud("kic-admin").current_project_id)
        forged = {
            "X-Identity-Status": "Confirmed",
            "X-Service-Identity-Status": "Confirmed",
            "X-User-Id": str(cloud("kic-admin").current_user_id),
            "X-Project-Id": project,
            "X-Tenant-Id": project,
            "X-Roles": "admin,manager,member,reader",
            "X-Is-Admin-Project": "True",
        }
        yield {
            "project-admin": people.of("kic-admin"),
            "project-member": people.of("kic-member2"),
            "project-reader": people.of("kic-reader"),
            "member-of-another-project": people.of("kic-other"),
            "cloud-admin": people.of("kic-operator"),
            "application-credential": people.credential(),
            "application-credential-with-access-rules": people.credential(
                access_rules=[ACCESS_RULE]
            ),
            "user-without-role": people.without_role(),
            "unscoped-token": people.unscoped("kic-member"),
            "domain-scoped": people.domain_scoped(),
            "system-scoped": people.system_scoped(),
            "expired-token": people.expired(),
            "revoked-token": people.revoked(),
            "forged-identity-headers": forged,
            "no-token": {},
        }
