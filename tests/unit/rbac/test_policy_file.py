# SPDX-License-Identifier: Apache-2.0
"""The operator's policy file over our rules."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from oslo_config import cfg

from kic_vm.policy import create_enforcer
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal


class TestPolicyFile:
    """An operator has put another role behind the project admin."""

    @pytest.fixture
    def options(self, tmp_path: Path) -> str:
        policy = tmp_path / "policy.yaml"
        policy.write_text('"project_admin": "role:admin"\n"kic_vm:flavors:list": "!"\n')
        return f"[oslo_policy]\npolicy_file = {policy}"

    def test_other_role(self, caller: Callable[[str], Caller], populated: Cloud) -> None:
        """The new role is the admin's, and nobody else's rights have changed."""
        path = "/api/v1/instances"
        assert caller("bare-cloud-admin").get(path).status_code == 200
        assert caller("admin").get(path).status_code == 200  # as a member
        refusal(caller("no-role-of-ours").get(path), 403, "forbidden")

    def test_closed_operation(self, caller: Callable[[str], Caller], populated: Cloud) -> None:
        """An operation can be closed for everybody."""
        refusal(caller("admin").get("/api/v1/flavors"), 403, "forbidden")
        assert populated.calls() == []

    def test_change(
        self, caller: Callable[[str], Caller], populated: Cloud, tmp_path: Path
    ) -> None:
        """A change of the file counts within a second, without a restart."""
        path, file = "/api/v1/flavors", tmp_path / "policy.yaml"
        refusal(caller("member").get(path), 403, "forbidden")
        file.write_text('"kic_vm:flavors:list": "rule:project_admin"\n')
        # A file system may not tell two changes within a second apart.
        os.utime(file, (time.time() + 2, time.time() + 2))
        time.sleep(1.1)
        refusal(caller("member").get(path), 403, "forbidden")
        assert caller("admin").get(path).status_code == 200

    @pytest.mark.parametrize("content", ["a: [\nb: }\n", "- a\n", "just a text\n"])
    def test_wrong_change(
        self,
        caller: Callable[[str], Caller],
        populated: Cloud,
        tmp_path: Path,
        lines: list[str],
        content: str,
    ) -> None:
        """The rules stay as they are while the file is wrong, and the log says so once."""
        path, file = "/api/v1/flavors", tmp_path / "policy.yaml"
        refusal(caller("admin").get(path), 403, "forbidden")
        file.write_text(content)
        os.utime(file, (time.time() + 2, time.time() + 2))
        for _ in range(2):
            time.sleep(1.1)
            refusal(caller("admin").get(path), 403, "forbidden")
            assert caller("member").get("/api/v1/instances").status_code == 200
        (line,) = (line for line in lines if "The present policy rules stay" in line)
        assert str(file) in line
        file.write_text('"kic_vm:flavors:list": "rule:project_admin"\n')
        time.sleep(1.1)
        assert caller("admin").get(path).status_code == 200

    def test_rule_that_guards_nothing(
        self, conf: cfg.ConfigOpts, tmp_path: Path, lines: list[str]
    ) -> None:
        """A misspelled rule is named in the log at start."""
        (tmp_path / "policy.yaml").write_text('"kic_vm:flavor:list": "!"\n"mine": "@"\n')
        create_enforcer(conf)
        (line,) = (line for line in lines if "guards nothing" in line)
        assert "kic_vm:flavor:list" in line
