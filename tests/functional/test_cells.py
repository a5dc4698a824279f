# SPDX-License-Identifier: Apache-2.0
"""A cell of Nova that does not answer: 503, in front of a Nova of the test's own that lacks one.

That Nova has a copy of the API database in which one instance is in another cell, whose database
refuses every connection. Nobody else sees this.
"""

import contextlib
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from string import Template
from typing import Any, Final

import pytest
from allinone.deployment import SECOND_CELL_COMPUTES

from tests.functional.client import Client, Gateway
from tests.functional.instances import Instances
from tests.functional.second_api import deployment, second_api

# The API database, in which there is one more cell, and cell 1 as it would be without a server.
_API: Final = "nova_api_functional"
_CELL: Final = "nova_functional"
_MAKE: Final = Template(
    "DROP DATABASE IF EXISTS $api; DROP DATABASE IF EXISTS $cell;"
    " CREATE DATABASE $api; CREATE DATABASE $cell"
)
_COPY_TABLE: Final = Template(
    "CREATE TABLE $api.$table LIKE nova_api.$table;"
    " INSERT INTO $api.$table SELECT * FROM nova_api.$table"
)
_SEE_TABLE: Final = Template("CREATE VIEW $cell.$table AS SELECT * FROM nova.$table")
_LOSE: Final = Template(
    "CREATE OR REPLACE VIEW $cell.instances AS"
    " SELECT * FROM nova.instances WHERE uuid <> '$instance';"
    " USE $api; UPDATE cell_mappings"
    " SET database_connection = REPLACE(database_connection, '/nova?', '/$cell?');"
    " INSERT INTO cell_mappings"
    " (created_at, uuid, name, transport_url, database_connection, disabled)"
    " VALUES (NOW(), '$uuid', 'lost', 'rabbit://127.0.0.1:1/',"
    " 'mysql+pymysql://nobody:nothing@127.0.0.1:1/nothing', 0);"
    " SET @lost = LAST_INSERT_ID();"
    " UPDATE instance_mappings SET cell_id = @lost WHERE instance_uuid = '$instance'"
)
# Nova's list of compute services knows a lost cell by its hosts.
_ADD_HOST: Final = Template(
    "INSERT INTO $api.host_mappings (created_at, cell_id, host)"
    " SELECT NOW(), id, 'lost-host' FROM $api.cell_mappings WHERE name = 'lost'"
)
_REMOVE: Final = Template("DROP DATABASE IF EXISTS $api; DROP DATABASE IF EXISTS $cell")


@pytest.fixture
def two(instances: Instances, cloud: Callable[[str], Any]) -> list[str]:
    """Two instances that run in cell 1, of which the database is copied."""
    compute = cloud("kic-operator").compute
    services = compute.services(binary="nova-compute")
    elsewhere = [service for service in services if service.host in SECOND_CELL_COMPUTES]
    for service in elsewhere:
        compute.disable_service(service)
    try:
        return [instances.make_active(name=f"functional-cell-{number}")[0] for number in range(2)]
    finally:
        for service in elsewhere:
            compute.enable_service(service)


@contextlib.contextmanager
def copied_database(lost: str) -> Iterator[str]:
    """The address of a copy of Nova's API database that has an instance in an unreachable cell.

    The cell has no compute host.
    """
    names = {"api": _API, "cell": _CELL}
    try:
        _execute(_MAKE.substitute(names))
        for database, template in (("nova_api", _COPY_TABLE), ("nova", _SEE_TABLE)):
            tables = _execute(f"SHOW TABLES FROM {database}").split()
            _execute(";".join(template.substitute(names, table=table) for table in tables))
        _execute(_LOSE.substitute(names, uuid=uuid.uuid4(), instance=lost))
        yield deployment().database_url(_API)
    finally:
        _execute(_REMOVE.substitute(names))


def _execute(statements: str) -> str:
    """What MariaDB's client prints, without headings."""
    standalone = deployment()
    argv = ["mariadb", "--no-defaults", f"--socket={standalone.sockets / 'mysql.sock'}", "-N", "-B"]
    done = subprocess.run(
        [*argv, "-e", statements],
        env=standalone.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


_LISTS: Final = (
    "/api/v1/instances",
    "/api/v1/instances?limit=1",
    "/api/v1/instances?name=functional-cell",
    "/api/v1/volumes",
)


def nova_options(database: str, max_limit: str) -> Any:
    """The options of a Nova that uses this API database."""
    return {
        "api_database": {"connection": database},
        "api": {"max_limit": max_limit},
        # The first attempt to reach the cell is the last one.
        "database": {"max_retries": "0", "retry_interval": "0"},
    }


def refuse(client: Client, *paths: str) -> None:
    """GET these paths: each answer says that the compute service is not whole."""
    for path in paths:
        response = client.request("GET", path)
        assert response.status_code == 503, (path, response.text)
        assert response.json()["error"]["service"] == "compute"


# With few items in an answer of Nova's the gateway finds it out in another way.
@pytest.mark.parametrize("max_limit", ["1000", "1"])
def test_lost_cell(
    member: Client,
    start_gateway: Callable[..., Gateway],
    two: list[str],
    tmp_path: Path,
    max_limit: str,
) -> None:
    """The instance in it and every list that should have it are 503; what is elsewhere is there.

    The lists are 503 even if the cell has no compute host that shows that it is down.
    """
    kept, lost = two
    with copied_database(lost) as database:
        options = nova_options(database, max_limit)
        with second_api("nova-api", tmp_path, options) as nova:
            gateway = start_gateway(nova={"endpoint_override": f"{nova}/v2.1"})
            client = Client(gateway.url, member.token)
            assert client.get_instance(kept)["id"] == kept
            refuse(client, *_LISTS)
            _execute(_ADD_HOST.substitute(api=_API))
            one = f"/api/v1/instances/{lost}"
            refuse(client, one, f"{one}/action-logs", *_LISTS, "/api/v1/usage")
            response = client.request("POST", f"/api/v1/instances/{lost}/stop")
            assert response.status_code == 503, response.text
    assert member.get_instance(lost)["status"] == "active"
