# SPDX-License-Identifier: Apache-2.0
"""The command line: ``python -m doc.api_examples``."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import requests
import yaml

from doc.api_examples import stories
from doc.api_examples.recording import Recording, RecordingError
from doc.api_examples.redaction import Redaction

PEOPLE = {
    "admin": "kic-admin",
    "member": "kic-member",
    "other": "kic-other",
    "reader": "kic-reader",
}
EXAMPLES = Path(__file__).resolve().parents[2] / "kic_vm/api/examples"


def main() -> int:
    """Send the requests of all stories and write the examples; the exit code."""
    parser = argparse.ArgumentParser(
        prog="examples",
        description="Calls every operation of a running gateway in front of the standalone "
        "OpenStack, and writes what was sent and answered into kic_vm/api/examples. What it makes "
        "it removes.",
    )
    parser.add_argument("--gateway", metavar="URL", help="by default the one of `make demo`")
    parser.add_argument(
        "--demo",
        metavar="DIRECTORY",
        type=Path,
        default=Path(__file__).resolve().parents[2] / ".demo",
        help="where the standalone OpenStack has put its credentials",
    )
    parser.add_argument(
        "--only",
        metavar="OPERATION",
        nargs="+",
        help='write only these examples, such as "POST /api/v1/vpcs", and keep the others',
    )
    arguments = parser.parse_args()
    endpoints = json.loads((arguments.demo / "endpoints.json").read_text())
    url = arguments.gateway or endpoints["gateway"]
    clouds = yaml.safe_load((arguments.demo / "clouds.yaml").read_text())["clouds"]
    credential = json.loads((arguments.demo / "app-credential.json").read_text())
    recording = Recording(
        url,
        {who: _token(url, clouds[cloud]["auth"]) for who, cloud in PEOPLE.items()},
        Redaction(url, endpoints["keystone"]),
    )
    try:
        stories.play(recording, {"id": credential["id"], "secret": credential["secret"]})
    except RecordingError as error:
        print(f"examples: {error}", file=sys.stderr)
        return 1
    if missing := recording.missing(arguments.only):
        print("examples: no story sends", *missing, sep="\n  ", file=sys.stderr)
        return 1
    recording.write(EXAMPLES, arguments.only)
    return 0


def _token(url: str, auth: dict[str, str]) -> str:
    user: dict[str, Any] = {
        "name": auth["username"],
        "password": auth["password"],
        "domain": {"name": auth["user_domain_name"]},
    }
    project = {"name": auth["project_name"], "domain": {"name": auth["project_domain_name"]}}
    identity = {"methods": ["password"], "password": {"user": user}}
    response = requests.post(
        f"{url}/identity/v3/auth/tokens",
        json={"auth": {"identity": identity, "scope": {"project": project}}},
        timeout=60,
    )
    response.raise_for_status()
    return response.headers["X-Subject-Token"]


sys.exit(main())
