# SPDX-License-Identifier: Apache-2.0
"""kic-vm-manage usage: tables of all projects, and sealed months."""

import hashlib
import json
import logging
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from kic_vm.cmd import manage
from tests.unit.bodies import SERVER, body
from tests.unit.cloud import Cloud
from tests.unit.nova_actions import answer_actions
from tests.unit.personas import OTHER_PROJECT, PROJECT

JSON = dict[str, Any]

WINDOW = ("--start", "2026-10-23T11:00:00Z", "--end", "2026-10-23T12:00:00Z")
ALL = "/servers/detail?all_tenants=1"
# From 11:18:35: 5 s Building, 1 s Unshelving; the rest until 12:00 is billed.
BILLED = 41 * 60 + 25 - 6


def server(number: int, **changes: Any) -> JSON:
    """A server with the recorded actions, a month earlier."""
    usual = {
        "id": f"e0e1760f-79d8-4fac-972d-2c98044d{number:04d}",
        "created": "2026-10-23T11:18:36Z",
        "updated": "2026-10-23T11:23:13Z",
        "OS-SRV-USG:launched_at": "2026-10-23T11:23:13.000000",
    }
    return SERVER | usual | changes


def actions() -> JSON:
    """The recorded actions, a month earlier."""
    text = json.dumps(body("instance_actions")).replace("2026-11-", "2026-10-")
    read: JSON = json.loads(text)
    return read


def serve(cloud: Cloud, *servers: JSON) -> None:
    """Have Nova list these servers to the gateway's user."""
    cloud.answer("GET", "nova", ALL, {"servers": list(servers)})
    for item in servers:
        answer_actions(cloud, item["id"], actions())
    cloud.answer("GET", "nova", "/flavors/detail?is_public=None", body("flavors"))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, config_file: Path) -> Any:
    """The command with these arguments; its exit status."""

    def command(*arguments: str) -> int:
        line = ["kic-vm-manage", "usage", *arguments, "--config-file", str(config_file)]
        monkeypatch.setattr(sys, "argv", line)
        root = logging.getLogger()  # the command sets up logging for its whole process
        monkeypatch.setattr(root, "handlers", list(root.handlers))
        return manage.main()

    return command


def test_table(run: Any, populated: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    """Each project has its own lines; progress is on standard error."""
    serve(populated, server(1), server(2, tenant_id=OTHER_PROJECT))
    assert run(*WINDOW, "--group-by", "state") == 0
    printed = capsys.readouterr()
    assert printed.err.endswith("2 of 2 instances read\n")
    lines = printed.out.splitlines()
    assert lines[0] == "2026-10-23T11:00:00Z to 2026-10-23T12:00:00Z"
    assert {line.split()[0] for line in lines[2:-1]} == {PROJECT, OTHER_PROJECT}
    assert lines[-1].split() == ["total", f"{2 * BILLED:,}", "12", "0"]


@pytest.mark.parametrize("form", ["json", "yaml", "csv"])
def test_one_project(
    run: Any, populated: Cloud, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    """One project: Nova filters, and the gateway compares."""
    serve(populated, server(1), server(2, tenant_id=OTHER_PROJECT))
    assert run(*WINDOW, "--project", PROJECT, "--format", form) == 0
    printed = capsys.readouterr().out
    if form != "csv":
        assert yaml.safe_load(printed)["billed_seconds"] == BILLED
        assert (form == "json") == printed.startswith("{")
    else:
        header, line = printed.splitlines()
        assert header.startswith("instance_id,instance_name,billed_seconds,")
        assert line.startswith(f"{server(1)['id']},web,{BILLED},6,0,")
    assert all(
        f"project_id={PROJECT}" in request.url
        for request in populated.sent("nova")
        if "/servers/detail" in request.url
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--start", "soon"), "Must be a date or a time"),
        (("seal", "--month", "2026-13", "--output", "x"), "must be a month such as 2026-10"),
        (("seal", "--month", "2999-01", "--output", "x"), "the month has not ended yet"),
        (("seal", "--month", "2026-1", "--output", "x"), "must be a month such as 2026-10"),
        (("seal", "--month", "2026-10-01", "--output", "x"), "must be a month such as 2026-10"),
        (("seal", "--month", "9999-12", "--output", "x"), "must be a month such as 2026-10"),
        (("seal", "--month", "\uff12026-10", "--output", "x"), "must be a month such as 2026-10"),
    ],
)
def test_bad_arguments(
    run: Any,
    populated: Cloud,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    sentence: str,
) -> None:
    """Wrong arguments are refused before anything is read."""
    with pytest.raises(SystemExit):
        run(*arguments)
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (("--start", "2026-10-02", "--end", "2026-10-01"), "--start"),
        (("--start", "2999-01-01"), "--start"),
        (("--start", "2020-01-01", "--end", "2026-10-01"), "--start"),
    ],
)
def test_window_that_is_none(
    run: Any, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], option: str
) -> None:
    """It is a wrong argument: nothing is read, and the exit status is 2."""
    assert run(*arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    assert line.startswith(f"kic-vm-manage: {option}: must be ")


def test_project_of_seal(run: Any, populated: Cloud, tmp_path: Path) -> None:
    """The project counts before the subcommand as well as after it."""
    serve(populated, server(1), server(2, tenant_id=OTHER_PROJECT))
    months = ("--month", "2026-10", "--output")
    assert run("--project", PROJECT, "seal", *months, str(tmp_path / "before")) == 0
    assert run("seal", "--project", PROJECT, *months, str(tmp_path / "after")) == 0
    before, after = (
        (tmp_path / name / "usage-2026-10.csv").read_text() for name in ("before", "after")
    )
    assert before == after
    assert OTHER_PROJECT not in before


def test_seal(
    run: Any, populated: Cloud, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The same record gives the same bytes; the digest is the CSV file's."""
    serve(populated, server(2), server(1))
    seal = ("seal", "--month", "2026-10", "--output", str(tmp_path / "new"))
    assert run(*seal) == 0
    table = (tmp_path / "new" / "usage-2026-10.csv").read_bytes()
    content = json.loads((tmp_path / "new" / "usage-2026-10.json").read_text())
    assert content["sha256"] == hashlib.sha256(table).hexdigest()
    assert content["billed_seconds"] == sum(
        period["seconds"] for period in content["periods"] if period["billable"]
    )
    last = content["periods"][-1]
    assert (last["state"], last["evidence"]) == ("Active", "action")
    assert last["ended_at"] == "2026-11-01T00:00:00Z"
    capsys.readouterr()
    serve(populated, server(1), server(2))
    assert run(*seal) == 0
    assert "usage-2026-10.csv: unchanged" in capsys.readouterr().out
    assert (tmp_path / "new" / "usage-2026-10.csv").read_bytes() == table


def test_sealed_differently(
    run: Any, populated: Cloud, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """An existing file is never changed, and nothing is written beside it."""
    serve(populated, server(1))
    (tmp_path / "usage-2026-10.json").write_text("{}")
    assert run("seal", "--month", "2026-10", "--output", str(tmp_path)) == 1
    assert "exists with other content" in capsys.readouterr().err
    assert [path.name for path in tmp_path.glob("usage*")] == ["usage-2026-10.json"]


@pytest.mark.parametrize("scope", [(), ("--project", PROJECT)])
def test_cell_down(
    run: Any, populated: Cloud, capsys: pytest.CaptureFixture[str], tmp_path: Path, scope: Any
) -> None:
    """Nova omits servers of a cell that does not answer: no month is sealed without them."""
    serve(populated, server(1))
    down = {"services": [{"status": "UNKNOWN", "binary": "nova-compute"}]}
    populated.answer("GET", "nova", "/os-services?binary=nova-compute", down)
    assert run("seal", "--month", "2026-10", "--output", str(tmp_path), *scope) == 1
    assert "compute" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_disk_full(
    run: Any, populated: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that is interrupted leaves no part of a file that would pass as the whole one."""
    serve(populated, server(1))
    write_bytes = Path.write_bytes

    def fail(path: Path, content: bytes) -> int:
        write_bytes(path, content[:10])
        raise OSError("No space left on device")

    seal = ("seal", "--month", "2026-10", "--output", str(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", fail)
        assert run(*seal) != 0
    assert list(tmp_path.glob("*.csv")) == []
    assert list(tmp_path.glob("*.json")) == []
    assert run(*seal) == 0
    assert len(list(tmp_path.iterdir())) == 2


def test_nova_down(run: Any, populated: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    """A Nova that does not answer is named."""
    populated.answer("GET", "nova", ALL, status=503)
    assert run(*WINDOW) == 1
    assert "compute" in capsys.readouterr().err
