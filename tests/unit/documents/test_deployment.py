# SPDX-License-Identifier: Apache-2.0
"""The files for containers, Kubernetes, proxies and systemd are consistent with the gateway."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from oslo_config import cfg

ETC = Path(__file__).parents[3] / "etc/kic-vm"
KUBERNETES = ETC / "kubernetes"
KUSTOMIZATION = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())
RESOURCES: list[dict[str, Any]] = [
    document
    for name in KUSTOMIZATION["resources"]
    for document in yaml.safe_load_all((KUBERNETES / name).read_text())
]
WORKLOADS = [resource for resource in RESOURCES if resource["kind"] == "Deployment"]
COMPONENT = "app.kubernetes.io/component"


def test_every_file_is_a_resource() -> None:
    """No manifest is left out of the kustomization."""
    files = {path.name for path in KUBERNETES.glob("*.yaml")} - {"kustomization.yaml"}
    assert files == set(KUSTOMIZATION["resources"])


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload["metadata"]["name"])
def test_pods(workload: dict[str, Any]) -> None:
    """Pods match their selector, have no rights, and mount what the kustomization generates."""
    template = workload["spec"]["template"]
    selector = workload["spec"]["selector"]["matchLabels"]
    assert selector.items() <= template["metadata"]["labels"].items()
    pod = template["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    (container,) = pod["containers"]
    assert container["image"] == KUSTOMIZATION["images"][0]["name"]
    assert container["args"] == [workload["metadata"]["name"]]
    security = container["securityContext"]
    assert security["readOnlyRootFilesystem"] is True
    assert security["allowPrivilegeEscalation"] is False
    assert security["capabilities"] == {"drop": ["ALL"]}
    volumes = {volume["name"] for volume in pod["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes
    (secret,) = (volume["secret"] for volume in pod["volumes"] if "secret" in volume)
    assert secret["secretName"] == KUSTOMIZATION["secretGenerator"][0]["name"]
    port = template["metadata"]["annotations"]["prometheus.io/port"]
    assert int(port) in {port["containerPort"] for port in container["ports"]}


def test_probes(conf: cfg.ConfigOpts) -> None:
    """Kubernetes asks a path that the gateway has, on its port; it waits for requests to end."""
    (api,) = (one for one in WORKLOADS if one["metadata"]["name"] == "kic-vm-api")
    pod = api["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"] == {"path": "/healthcheck", "port": "http"}
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports["http"] == conf.api.port
    assert pod["terminationGracePeriodSeconds"] > conf.api.graceful_timeout


def test_references() -> None:
    """Services, budgets, scalers and network policies select the pods of a workload."""
    components = {one["spec"]["template"]["metadata"]["labels"][COMPONENT] for one in WORKLOADS}
    names = {one["metadata"]["name"] for one in WORKLOADS}
    for resource in RESOURCES:
        spec = resource.get("spec", {})
        match resource["kind"]:
            case "Service":
                assert spec["selector"][COMPONENT] in components
            case "PodDisruptionBudget":
                assert spec["selector"]["matchLabels"][COMPONENT] in components
            case "HorizontalPodAutoscaler":
                assert spec["scaleTargetRef"]["name"] in names
            case "NetworkPolicy":
                assert spec["podSelector"]["matchLabels"][COMPONENT] in components


def test_container(conf: cfg.ConfigOpts) -> None:
    """The image runs without root, and its health check asks the gateway's port."""
    text = (ETC / "container/Containerfile").read_text()
    assert re.search(r"^USER [1-9]\d+:[1-9]\d+$", text, re.MULTILINE)
    assert f"http://127.0.0.1:{conf.api.port}/healthcheck" in text
    assert text.count("FROM ") == 2


@pytest.mark.parametrize("name", ["nginx.conf", "haproxy.cfg"])
def test_proxies(conf: cfg.ConfigOpts, name: str) -> None:
    """The proxy waits longer than the gateway, and takes no address from the client."""
    text = (ETC / "proxies" / name).read_text()
    waits = re.search(r"(?:proxy_read_timeout|timeout server) (\d+)s", text)
    assert waits
    assert int(waits[1]) > conf.api.request_timeout
    keeps = re.search(r"(?:keepalive_timeout|pool-purge-delay) (\d+)s", text)
    assert keeps
    assert int(keeps[1]) < conf.api.keep_alive
    assert re.search(r"X-Forwarded-For (\$remote_addr|%\[src\])", text)
    assert f":{conf.api.port}" in text


@pytest.mark.parametrize("name", ["kic-vm-api.service", "kic-vm-worker.service"])
def test_units(name: str) -> None:
    """systemd does not restart a process whose configuration is wrong."""
    lines = (ETC / name).read_text().splitlines()
    assert "RestartPreventExitStatus=2" in lines
    assert "ProtectSystem=strict" in lines
    assert "NoNewPrivileges=true" in lines
