# SPDX-License-Identifier: Apache-2.0
"""Three generators read the document; the client that one of them makes works.

Two of them run where their programs are: ``npx`` for openapi-typescript, and ``java`` with
``KIC_VM_OPENAPI_GENERATOR_JAR`` for openapi-generator, whose jar is in Maven Central.
"""

import importlib
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.functional.client import Client

PACKAGE = "generated_client"
JAR = os.environ.get("KIC_VM_OPENAPI_GENERATOR_JAR", "")
SECONDS = 300


def run(*command: str, cwd: Path) -> str:
    """What a command prints; it must not fail."""
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def generated(document: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The client that openapi-python-client makes."""
    directory = tmp_path_factory.mktemp("python")
    (directory / "config.yml").write_text(f"package_name_override: {PACKAGE}\npost_hooks: []\n")
    command = Path(sys.executable).with_name("openapi-python-client")
    made = ("--path", str(document), "--output-path", "made", "--config", "config.yml")
    printed = run(str(command), "generate", *made, "--fail-on-warning", cwd=directory)
    assert "Warning" not in printed
    sys.path.insert(0, str(directory / "made"))
    try:
        yield importlib.import_module(PACKAGE)
    finally:
        sys.path.remove(str(directory / "made"))


def test_python(generated: ModuleType, member: Client) -> None:
    """Its client lists, creates and deletes, and reads an error."""
    client = generated.AuthenticatedClient(
        base_url=member.url, token=member.token, prefix="", auth_header_name="X-Auth-Token"
    )
    name = f"generated-{uuid.uuid4().hex[:8]}"

    def view(module: str) -> ModuleType:
        return importlib.import_module(f"{PACKAGE}.api.{module}")

    models = importlib.import_module(f"{PACKAGE}.models")
    envelope = models.KeypairCreateEnvelope(keypair=models.KeypairCreate(name=name))
    made = view("keypairs.create_keypair").sync(client=client, body=envelope)
    assert made.keypair.name == name
    refused = view("keypairs.create_keypair").sync(client=client, body=envelope)
    assert refused.error.code == "already_exists"
    listed = view("keypairs.list_keypairs").sync(client=client)
    assert name in [keypair.name for keypair in listed.keypairs]
    deleted = view("keypairs.delete_keypair").sync_detailed(name, client=client)
    assert deleted.status_code == 204
    assert view("instances.list_instances").sync(client=client).pagination.offset == 0


@pytest.mark.skipif(shutil.which("npx") is None, reason="there is no npx")
def test_typescript(document: Path, tmp_path: Path) -> None:
    """openapi-typescript makes types of every operation."""
    run("npx", "--yes", "openapi-typescript@7", str(document), "-o", "api.ts", cwd=tmp_path)
    types = (tmp_path / "api.ts").read_text()
    assert "list_instances: {" in types
    assert '"shelved_offloaded"' in types


@pytest.mark.skipif(not JAR, reason="KIC_VM_OPENAPI_GENERATOR_JAR is not set")
def test_java(document: Path, tmp_path: Path) -> None:
    """openapi-generator makes a Java client, without a warning of its own."""
    command = ("java", "-jar", JAR, "generate", "-g", "java", "-i", str(document), "-o", "made")
    printed = run(*command, cwd=tmp_path)
    assert " ERROR " not in printed
    assert list((tmp_path / "made").rglob("InstancesApi.java"))
