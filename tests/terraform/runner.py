# SPDX-License-Identifier: Apache-2.0
"""Terraform with the official provider, in a directory of its own."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

CONFIGURATIONS: Final = Path(__file__).with_name("configurations")
PROVIDER: Final = "KIC_VM_TERRAFORM_PROVIDER"
NO_CHANGES, CHANGES = 0, 2


class Terraform:
    """One configuration, applied step by step.

    :param name: its directory in ``configurations``
    :param credential: an application credential: id and secret
    """

    def __init__(
        self, directory: Path, name: str, gateway: str, credential: dict[str, str], **values: str
    ) -> None:
        self._directory = directory
        for source in (CONFIGURATIONS / "provider.tf", *(CONFIGURATIONS / name).iterdir()):
            shutil.copy(source, directory)
        (directory / "values.auto.tfvars.json").write_text(
            json.dumps({"gateway": gateway} | values)
        )
        settings = directory / "terraform.rc"
        provider = json.dumps(str(Path(os.environ[PROVIDER]).resolve().parent))
        settings.write_text(
            "provider_installation {\n  dev_overrides {\n"
            f'    "kakaoenterprise/kakaocloud" = {provider}\n  }}\n  direct {{}}\n}}\n'
        )
        self._environment = os.environ | {
            "TF_CLI_CONFIG_FILE": str(settings),
            "TF_CLI_ARGS": "-no-color",
            "TF_IN_AUTOMATION": "1",
            "CHECKPOINT_DISABLE": "1",
            "KAKAOCLOUD_APPLICATION_CREDENTIAL_ID": credential["id"],
            "KAKAOCLOUD_APPLICATION_CREDENTIAL_SECRET": credential["secret"],
        }

    def apply(self, step: int = 0) -> None:
        """Have everything become as the configuration says at this step."""
        self._run("apply", "-auto-approve", f"-var=step={step}")

    def assert_settled(self, step: int = 0) -> None:
        """See that nothing is to be changed any more."""
        self._run("plan", "-detailed-exitcode", f"-var=step={step}", expected=NO_CHANGES)

    def import_anew(self, address: str, its_id: str, step: int) -> None:
        """Forget a resource and read it by its id."""
        self.forget(address)
        self.adopt(address, its_id, step)

    def adopt(self, address: str, its_id: str, step: int) -> None:
        """Take over a resource that is there already."""
        self._run("import", f"-var=step={step}", address, its_id)

    def forget(self, address: str) -> None:
        """Leave a resource where it is, and manage it no more."""
        self._run("state", "rm", address)

    def destroy(self, step: int = 0) -> None:
        """Take everything down."""
        self._run("destroy", "-auto-approve", f"-var=step={step}")

    def refused(self, step: int = 0) -> str:
        """What is said where applying must fail."""
        return self._run("apply", "-auto-approve", f"-var=step={step}", expected=1)

    def resources(self) -> dict[str, dict[str, Any]]:
        """What is in the state: values by address."""
        state = json.loads(self._run("show", "-json"))
        found = state.get("values", {}).get("root_module", {}).get("resources", [])
        return {one["address"]: one["values"] for one in found}

    def _run(self, *arguments: str, expected: int = 0) -> str:
        is_json = "-json" in arguments
        done = subprocess.run(
            ["terraform", *arguments],
            cwd=self._directory,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        said = f"{done.stdout[-3000:]}\n{done.stderr}"
        assert done.returncode == expected, f"terraform {' '.join(arguments)}: {said}"
        return done.stdout if is_json else said
