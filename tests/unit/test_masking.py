# SPDX-License-Identifier: Apache-2.0
"""What the log never shows, whatever is turned on in it."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from kic_vm.conf.masking import MASKED_NAMES, MaskingFilter, mask
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.personas import SECRET
from tests.unit.requests_of import CREATE

VALUES = ["s", f"{SECRET} of a guest", 'with "quotes" and \\ in it', "line\nline", "키", "'"]


@pytest.mark.parametrize("name", sorted(MASKED_NAMES))
@pytest.mark.parametrize("value", VALUES)
def test_secret_in_json(name: str, value: str) -> None:
    """It is masked, and what stands beside it is not."""
    body = {"before": "b", name: value, "after": "a"}
    for text in (json.dumps(body), json.dumps(body, separators=(",", ":")), json.dumps([body])):
        masked = mask(f"RESP BODY: {text}")
        assert json.dumps(value)[1:-1] not in masked or value == "s"
        shown = json.loads(masked.removeprefix("RESP BODY: "))
        assert (shown[0] if isinstance(shown, list) else shown) == body | {name: "***"}


@pytest.mark.parametrize("name", sorted(MASKED_NAMES))
def test_secret_in_python(name: str) -> None:
    """So it is where Python shows a dictionary."""
    assert SECRET not in mask(f"sent { ({name: SECRET, 'x': 1})!r}")


def test_secret_that_was_cut() -> None:
    """So it is where the line ends in the middle of it."""
    assert SECRET not in mask(f'{{"adminPass": "{SECRET} and no en')


def test_other_lines() -> None:
    """A line without a secret keeps its arguments, which a formatter for machines wants."""
    arguments = {"count": 3}
    record = logging.LogRecord("n", logging.INFO, "p", 1, "count=%(count)d", (arguments,), None)
    assert MaskingFilter().filter(record)
    assert (record.getMessage(), record.args) == ("count=3", arguments)


def test_set_up(config_file: Path, tmp_path: Path) -> None:
    """Every handler masks; the process is one of its own, for it has one log only."""
    program = (
        "from kic_vm import conf; from kic_vm.conf import logs; import logging, sys\n"
        "for _time in range(2): logs.setup(conf.load(sys.argv[1:]))\n"
        "logging.getLogger('keystoneauth.session').debug('RESP: %s', sys.stdin.read())\n"
    )
    more = tmp_path / "more.conf"
    more.write_text("[DEFAULT]\ndebug = true\ndefault_log_levels = keystoneauth=DEBUG\n")
    files: list[str | Path] = ["--config-file", config_file, "--config-file", more]
    done = subprocess.run(
        [sys.executable, "-c", program, *files],
        input=json.dumps({"server": {"adminPass": SECRET}}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert '{"server": {"adminPass": "***"}}' in done.stdout
    assert SECRET not in done.stdout + done.stderr


def test_wire_log(
    member: Caller, populated: Cloud, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """keystoneauth's log of bodies has no user data."""
    for handler in logging.getLogger().handlers:
        monkeypatch.setattr(handler, "filters", [*handler.filters, MaskingFilter()])
    level = logging.getLogger("keystoneauth").level
    logging.getLogger("keystoneauth").setLevel(logging.DEBUG)
    try:
        body = {"instance": CREATE | {"user_data": "c2VjcmV0IG9mIGEgdXNlcg=="}}
        assert member.post("/api/v1/instances", json=body).status_code == 202
    finally:
        logging.getLogger("keystoneauth").setLevel(level)
    shown = "\n".join(lines)
    assert '"user_data": "***"' in shown
    assert "c2VjcmV0" not in shown
