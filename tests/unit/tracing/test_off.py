# SPDX-License-Identifier: Apache-2.0
"""Without [tracing] enabled: nothing is loaded, and nothing is sent."""

import subprocess
import sys
from pathlib import Path

import pytest
from oslo_config import cfg

from kic_vm import conf as configuration
from kic_vm import deploy
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.tracing.spans import ENABLED, INSTANCE, PARENT, PUBLIC


@pytest.fixture
def options() -> str:
    return ""


def test_headers(member: Caller, populated: Cloud) -> None:
    """No header of a trace goes to the services."""
    member.get(INSTANCE, headers=PARENT | {"X-Trace-Info": "e30=", "X-Trace-HMAC": "0a"})
    for request in populated.requests():
        assert {"traceparent", "tracestate", "X-Trace-Info"}.isdisjoint(request.headers)


@pytest.mark.parametrize(
    ("beginning", "names"),
    [
        # oslo.middleware loads OpenTelemetry's own modules if they are installed.
        ("", "opentelemetry.exporter kic_vm.middleware.tracing kic_vm.tracing.spans"),
        ("sys.modules['opentelemetry'] = None", "opentelemetry.trace kic_vm.tracing.spans"),
    ],
    ids=["installed", "not_installed"],
)
def test_imports(config_file: Path, beginning: str, names: str) -> None:
    """Nothing for traces is loaded, whether the packages are installed or not."""
    program = f"""
import sys
{beginning}
from werkzeug.test import Client
import kic_vm.wsgi
assert Client(kic_vm.wsgi.application).get("{PUBLIC}").status_code == 200
print([name for name in sys.modules if name.startswith({tuple(names.split())})])
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"KIC_VM_CONFIG": str(config_file), "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_not_installed(config_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the packages, [tracing] enabled stops the start and names what to install."""
    more = tmp_path / "tracing.conf"
    more.write_text(ENABLED)
    conf = configuration.load(["--config-file", str(config_file), "--config-file", str(more)])
    monkeypatch.delitem(sys.modules, "kic_vm.middleware.tracing", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", None)
    with pytest.raises(cfg.ConfigFileValueError, match=r"pip install kic-vm\[otel\]"):
        deploy.load_app(conf)
