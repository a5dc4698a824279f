# SPDX-License-Identifier: Apache-2.0
"""SIGHUP: the configuration is taken up anew, and nobody notices but for what has changed."""

import configparser
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import requests

from tests.functional.client import Client, Gateway

Eventually = Callable[[Callable[[], bool], float], None]


def test_gateway(
    start_gateway: Callable[..., Gateway], member: Client, eventually: Eventually
) -> None:
    """What is begun is answered, then everybody gets what the new configuration says."""
    gateway = start_gateway(api={"workers": "2"})
    client = Client(gateway.url, str(member.session.headers["X-Auth-Token"]))

    def address() -> str:
        endpoints = client.get("/api/v1/client-endpoints/resolve")["data"]["service_endpoints"]
        return str(endpoints["bcs"])

    assert address() == gateway.url
    complete = gateway.begin_request()
    gateway.reload("api", "public_url", "https://new.example.org")
    eventually(lambda: address() == "https://new.example.org", 30)
    assert complete().status == 400
    assert gateway.stop() == 0


def test_gateway_with_a_wrong_value(
    start_gateway: Callable[..., Gateway], eventually: Eventually
) -> None:
    """It goes on with what it has, says which option is wrong, and takes the mended one."""
    gateway = start_gateway()
    gateway.reload("volume", "max_size_gb", "much")
    eventually(
        lambda: "Reload refused, the present configuration stays" in gateway.log.read_text(), 30
    )
    assert "[volume] max_size_gb" in gateway.log.read_text()
    assert requests.get(f"{gateway.url}/healthcheck", timeout=30).status_code == 200
    gateway.reload("volume", "max_size_gb", "100")
    eventually(lambda: "Reloaded configuration" in gateway.log.read_text(), 30)
    assert requests.get(f"{gateway.url}/healthcheck", timeout=30).status_code == 200
    assert gateway.stop() == 0


def test_worker(standalone: Path, tmp_path: Path, eventually: Eventually) -> None:
    """Its next round is the first one with the new configuration; a wrong one changes nothing."""
    config = configparser.ConfigParser(interpolation=None, default_section="none")
    config.read(standalone / "kic-vm.conf")
    config.set("redis", "key_prefix", "test-reload:")
    path, log = tmp_path / "kic-vm.conf", tmp_path / "log"

    def write(interval: str, keypairs_interval: str = "0", debug: str = "false") -> None:
        options = {"interval": interval, "keypairs_interval": keypairs_interval}
        config.read_dict({"DEFAULT": {"debug": debug}, "worker": options})
        with path.open("w") as file:
            config.write(file)

    write("0.2")
    command: list[str | Path] = [sys.executable, "-m", "kic_vm.cmd.worker", "--config-file", path]
    with log.open("w") as output:
        process = subprocess.Popen(command, stderr=output)
    try:
        eventually(lambda: " started with " in log.read_text(), 60)
        write("soon")
        process.send_signal(signal.SIGHUP)
        eventually(lambda: "[worker] interval" in log.read_text(), 60)
        assert "Rebuilt the keypair indexes" not in log.read_text()
        write("0.2", "1", "true")
        process.send_signal(signal.SIGHUP)
        eventually(lambda: "Rebuilt the keypair indexes" in log.read_text(), 60)
    finally:
        process.terminate()
        assert process.wait(timeout=30) == 0
