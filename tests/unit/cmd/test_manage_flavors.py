# SPDX-License-Identifier: Apache-2.0
"""kic-vm-manage flavors check: which flavor lacks what."""

import json
import logging
import sys
from pathlib import Path
from typing import Any

import pytest

from kic_vm.cmd import manage
from kic_vm.mappings.flavor_defects import defects_of
from tests.unit.bodies import FLAVOR, GPU_FLAVOR
from tests.unit.cloud import Cloud

JSON = dict[str, Any]
ALL = "/flavors/detail?is_public=None"


def with_specs(flavor: JSON = FLAVOR, **changes: str | None) -> Any:
    """A flavor with other ``kic:`` extra specs; None takes one away."""
    specs = flavor["extra_specs"] | {f"kic:{name}": value for name, value in changes.items()}
    kept = {name: value for name, value in specs.items() if value is not None}
    return flavor | {"extra_specs": kept}


@pytest.mark.parametrize("flavor", [FLAVOR, GPU_FLAVOR], ids=["vm", "gpu"])
def test_complete(flavor: Any) -> None:
    """The recorded flavors leave nothing out."""
    assert defects_of(flavor) == []


@pytest.mark.parametrize(
    ("flavor", "defect"),
    [
        (FLAVOR | {"id": "42"}, "its id is not a UUID, so the official clients cannot use it"),
        (with_specs(processor=None), "kic:processor is missing"),
        (with_specs(GPU_FLAVOR, hw_name=None), "kic:hw_name is missing"),
        (
            with_specs(instance_type="virtual"),
            "kic:instance_type is 'virtual': it must be one of vm, gpu, bm",
        ),
        (
            with_specs(maximum_network_interfaces="many"),
            "kic:maximum_network_interfaces is 'many': it must be a number above 0",
        ),
        (
            with_specs(is_burstable="perhaps"),
            "kic:is_burstable is 'perhaps': it must be one of true, false",
        ),
        (
            with_specs(procesor="AMD EPYC"),
            "kic:procesor is not an extra spec that the gateway uses",
        ),
    ],
)
def test_defect(flavor: Any, defect: str) -> None:
    """Each is one sentence."""
    assert defects_of(flavor) == [defect]


def test_what_the_name_says() -> None:
    """The documented grammar of names stands for the specs that it can replace."""
    names = ("instance_family", "group", "instance_size", "manufacturer")
    without: JSON = dict.fromkeys(names)
    flavor = with_specs(**without)
    assert defects_of(flavor) == []
    assert "kic:manufacturer is missing" in defects_of(flavor | {"name": "small"})


def check(monkeypatch: pytest.MonkeyPatch, config_file: Path, *more: str) -> int:
    arguments = ["kic-vm-manage", "flavors", "check", "--config-file", str(config_file), *more]
    monkeypatch.setattr(sys, "argv", arguments)
    root = logging.getLogger()  # the command sets up logging for its whole process
    monkeypatch.setattr(root, "handlers", list(root.handlers))
    return manage.main()


@pytest.mark.parametrize("form", ["table", "json"])
def test_command(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    config_file: Path,
    populated: Cloud,
    form: str,
) -> None:
    """It names the flavors that have something to mend, and ends with 1 if there is one."""
    populated.answer("GET", "nova", ALL, {"flavors": [FLAVOR]})
    assert check(monkeypatch, config_file, "--format", form) == 0
    capsys.readouterr()
    bad = with_specs(processor=None) | {"id": "42", "name": "bad"}
    populated.answer("GET", "nova", ALL, {"flavors": [FLAVOR, bad]})
    assert check(monkeypatch, config_file, "--format", form) == 1
    printed = capsys.readouterr().out
    if form == "json":
        found = json.loads(printed)
        assert len(found["bad"]["defects"]) == 2
        assert found[FLAVOR["name"]]["defects"] == []
    else:
        assert "bad (42)\n" in printed
        assert printed.endswith("2 flavors, 1 with defects.\n")


def test_cloud_that_is_down(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    config_file: Path,
    populated: Cloud,
) -> None:
    """The service is named on standard error."""
    populated.answer("GET", "nova", ALL, status=503)
    assert check(monkeypatch, config_file) == 1
    assert "compute" in capsys.readouterr().err
