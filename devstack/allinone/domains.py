# SPDX-License-Identifier: Apache-2.0
"""One more domain with projects and people like those of the demo.

Its projects and people share nothing with those of the demo.
"""

from pathlib import Path

from . import people
from .deployment import Deployment
from .rest import Session
from .seed import identity, networks, servers, volumes


def ensure(deployment: Deployment, admin: Session, name: str, directory: Path) -> None:
    """Make the domain, and write the files of its people.

    :param name: of the domain
    :param directory: where the files are written
    :raises StandaloneError: OpenStack does not answer, or refuses something
    """
    projects = identity.ensure(deployment, admin, name)
    servers.ensure_quota(admin, projects)
    volumes.ensure_quota(admin, projects)
    networks.ensure(deployment, admin, projects, name)
    people.write_files(deployment, directory, name)
    people.write_endpoints(deployment, directory, name)
