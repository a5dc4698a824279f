# SPDX-License-Identifier: Apache-2.0
"""Writes what people and programs need to use the deployment."""

import json
from pathlib import Path

from .deployment import REGION, Deployment, write_private
from .rest import password_session
from .seed import networks
from .seed.identity import DOMAIN, PEOPLE, Person, ensure_application_credential
from .templates import login, write

FILES = ("clouds.yaml", "app-credential.json", "endpoints.json", "kic-vm.conf")
CREDENTIAL = "kic-vm-demo"
CLOUD = """\
  {cloud}:
    region_name: {region}
    identity_api_version: 3
    auth:
      auth_url: {auth_url}
      username: {user}
      password: "{password}"
      project_name: {project}
      user_domain_name: {domain}
      project_domain_name: {domain}
"""


def write_files(
    deployment: Deployment, directory: Path | None = None, domain: str = DOMAIN
) -> str | None:
    """clouds.yaml, app-credential.json and the gateway's configuration.

    :param directory: for the files; the demo's if None
    :param domain: the domain of the people
    """
    demo = directory or deployment.settings.demo
    demo.mkdir(parents=True, exist_ok=True)
    demo.chmod(0o700)
    people = {person.name: person for person in PEOPLE}
    clouds = [_cloud(deployment, name, person, domain) for name, person in people.items()]
    service = Person("kic-vm", "service", (), in_default_domain=True)
    clouds.append(_cloud(deployment, "kic-service", service, domain))
    write_private(demo / "clouds.yaml", "clouds:\n" + "".join(clouds))
    write(
        deployment,
        "kic-vm.conf",
        demo / "kic-vm.conf",
        login=login(deployment, "kic-vm"),
        service_user_login=login(deployment, "kic-vm", has_region=False),
    )
    _write_credential(deployment, demo / "app-credential.json", domain)
    return None


def write_endpoints(
    deployment: Deployment, directory: Path | None = None, domain: str = DOMAIN
) -> str | None:
    """endpoints.json: where to call, and the subnet that the demo project's machines live in."""
    member = password_session(deployment, "kic-member", "demo", domain)
    endpoints = {
        "gateway": deployment.url("gateway"),
        "keystone": deployment.url("keystone"),
        "subnet_id": networks.private_subnet_id(member),
    }
    path = (directory or deployment.settings.demo) / "endpoints.json"
    write_private(path, json.dumps(endpoints, indent=2) + "\n")
    return None


def remove_files(deployment: Deployment) -> None:
    """Remove the credentials of a cloud that is no more."""
    for name in FILES:
        (deployment.settings.demo / name).unlink(missing_ok=True)


def _write_credential(deployment: Deployment, path: Path, domain: str) -> None:
    try:
        known = json.loads(path.read_text())
        known = known if {"id", "secret"} <= known.keys() else None
    except (FileNotFoundError, ValueError):
        known = None
    member = password_session(deployment, "kic-member", "demo", domain)
    credential = ensure_application_credential(member, CREDENTIAL, known)
    write_private(path, json.dumps(credential, indent=2) + "\n")


def _cloud(deployment: Deployment, cloud: str, person: Person, domain: str) -> str:
    return CLOUD.format(
        cloud=cloud,
        region=REGION,
        auth_url=deployment.url("keystone"),
        user=person.name,
        password=deployment.password(person.name),
        project=person.project,
        domain=person.domain(domain),
    )
