"""A cell of Nova that does not answer: 503, by a Nova of its own that sees the cell as lost.

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

from tests.functional.client import Client, Gateway
from tests.functional.instances import Instances
from tests.functional.second_api import deployment, second_api

_COPY: Final = "nova_api_functional"
_COPY_TABLE: Final = Template(
    "CREATE TABLE $copy.$table LIKE nova_api.$table;"
    " INSERT INTO $copy.$table SELECT * FROM nova_api.$table"
)
_LOSE: Final = Template(
    "USE $copy; INSERT INTO cell_mappings"
    " (created_at, uuid, name, transport_url, database_connection, disabled)"
    " VALUES (NOW(), '$cell', 'lost', 'rabbit://127.0.0.1:1/',"
    " 'mysql+pymysql://nobody:nothing@127.0.0.1:1/nothing', 0);"
    " UPDATE instance_mappings SET cell_id = LAST_INSERT_ID() WHERE instance_uuid = '$instance'"
)


@pytest.fixture
def two(instances: Instances) -> list[str]:
    """Two instances that run."""
    return [instances.make_active(name=f"functional-cell-{number}")[0] for number in range(2)]


@contextlib.contextmanager
def copied_database(lost: str) -> Iterator[str]:
    """The address of a copy of Nova's API database that has an instance in an unreachable cell."""
    standalone = deployment()
    _execute(f"DROP DATABASE IF EXISTS {_COPY}; CREATE DATABASE {_COPY}")
    try:
        for table in _execute("SHOW TABLES FROM nova_api").split():
            _execute(_COPY_TABLE.substitute(copy=_COPY, table=table))
        _execute(_LOSE.substitute(copy=_COPY, cell=uuid.uuid4(), instance=lost))
        yield standalone.database_url(_COPY)
    finally:
        _execute(f"DROP DATABASE {_COPY}")


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


# With few items in an answer of Nova's the gateway finds it out in another way.
@pytest.mark.parametrize("max_limit", ["1000", "1"])
def test_lost_cell(
    member: Client,
    start_gateway: Callable[..., Gateway],
    two: list[str],
    tmp_path: Path,
    max_limit: str,
) -> None:
    """The instance in it and every list that should have it are 503; what is elsewhere is there."""
    kept, lost = two
    with copied_database(lost) as database:
        options: Any = {
            "api_database": {"connection": database},
            "api": {"max_limit": max_limit},
            # The first attempt to reach the cell is the last one.
            "database": {"max_retries": "0", "retry_interval": "0"},
        }
        with second_api("nova-api", tmp_path, options) as nova:
            gateway = start_gateway(nova={"endpoint_override": f"{nova}/v2.1"})
            client = Client(gateway.url, member.token)
            assert client.get_instance(kept)["id"] == kept
            for path in (
                f"/api/v1/instances/{lost}",
                f"/api/v1/instances/{lost}/action-logs",
                "/api/v1/instances",
                "/api/v1/instances?limit=1",
                "/api/v1/instances?name=functional-cell",
                "/api/v1/volumes",
            ):
                response = client.request("GET", path)
                assert response.status_code == 503, (path, response.text)
                assert response.json()["error"]["service"] == "compute"
            response = client.request("POST", f"/api/v1/instances/{lost}/stop")
            assert response.status_code == 503, response.text
    assert member.get_instance(lost)["status"] == "active"
