"""The operator's policy file over our rules."""

from collections.abc import Callable
from pathlib import Path

import pytest

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
