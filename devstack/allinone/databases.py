# SPDX-License-Identifier: Apache-2.0
"""Makes the services' database schemas, once per deployment."""

from collections.abc import Callable, Sequence

from . import mariadb
from .deployment import Deployment
from .environment import fingerprint


def ensure(
    deployment: Deployment, what: str, databases: Sequence[str], migrate: Callable[[], None]
) -> str | None:
    """Migrate databases to the installed version's schema, unless they have it.

    A first migration that was cut short cannot be continued (MariaDB commits each change of a
    table at once), so it starts over with empty databases.
    """
    mark, version = f"schema-{what}", fingerprint()
    found = deployment.mark(mark)
    if found == version:
        return None
    if found is None:
        statements = "".join(
            f"DROP DATABASE IF EXISTS {name};\nCREATE DATABASE {name};\n" for name in databases
        )
        mariadb.execute(deployment, statements)
    migrate()
    deployment.set_mark(mark, version)
    return f"{what}: database made"
