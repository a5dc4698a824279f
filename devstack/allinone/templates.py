# SPDX-License-Identifier: Apache-2.0
"""Fills the configuration templates."""

import os
import pwd
from pathlib import Path
from string import Template

from .deployment import ADDRESS, REGION, Deployment, write_private

DIRECTORY = Path(__file__).resolve().parent / "templates"


def render(name: str, values: dict[str, object]) -> str:
    """A filled template; a value that is missing is an error."""
    return Template((DIRECTORY / name).read_text()).substitute(values)


def write(deployment: Deployment, name: str, path: Path, **more: object) -> None:
    """Fill a template with what every service may need to know, and write it for the owner only."""
    values: dict[str, object] = {
        "address": ADDRESS,
        "region": REGION,
        "venv": deployment.venv,
        "etc": deployment.etc,
        "data": deployment.data,
        "logs": deployment.logs,
        "sockets": deployment.sockets,
        "shim": deployment.shim,
        "transport_url": deployment.transport_url,
        "keystone_url": deployment.url("keystone"),
        "glance_url": deployment.url("glance"),
        "user": user(),
    }
    values |= {f"{port}_port": number for port, number in deployment.ports.items()}
    values["messaging"] = render("messaging.conf", values)
    write_private(path, render(name, values | more))


def login(deployment: Deployment, service: str, *, has_region: bool = True) -> str:
    """The options with which a service logs in at Keystone as itself.

    :param has_region: the section has an option for the region, too
    """
    options = render(
        "login.conf",
        {
            "keystone_url": deployment.url("keystone"),
            "username": service,
            "password": deployment.password(service),
        },
    ).rstrip()
    return f"{options}\nregion_name = {REGION}" if has_region else options


def authtoken(deployment: Deployment, service: str, service_type: str) -> str:
    """The section with which a service validates the tokens of its callers."""
    return render(
        "authtoken.conf",
        {
            "keystone_url": deployment.url("keystone"),
            "login": login(deployment, service),
            "service_type": service_type,
        },
    ).rstrip()


def user() -> str:
    """The name of the user who runs all this."""
    return pwd.getpwuid(os.geteuid()).pw_name
