# SPDX-License-Identifier: Apache-2.0
"""The files for containers, Kubernetes, proxies and systemd are consistent with the gateway."""

import configparser
import copy
import re
from pathlib import Path
from typing import Any

import kubernetes_validate
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
# The oldest version that the documentation names, and the newest one whose schemas are installed.
VERSIONS = ("1.28", kubernetes_validate.latest_version())


@pytest.mark.parametrize("version", VERSIONS)
def test_schema(version: str) -> None:
    """Kubernetes accepts each manifest; no field is misspelled."""
    for resource in RESOURCES:
        kubernetes_validate.validate(resource, version, strict=True)


@pytest.mark.parametrize("version", VERSIONS)
def test_schema_is_strict(version: str) -> None:
    """A misspelled field in a container would be found."""
    wrong = copy.deepcopy(WORKLOADS[0])
    wrong["spec"]["template"]["spec"]["containers"][0]["livenesProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, version, strict=True)


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


def test_container_format() -> None:
    """The commands build an image that keeps its health check, which the worker does not have."""
    page = (ETC.parents[1] / "doc/source/install/deployment.rst").read_text()
    for text in ((ETC / "container/Containerfile").read_text(), page):
        builds = re.findall(r"podman build .*", text)
        assert builds
        assert all("--format docker" in command for command in builds)
        runs = re.findall(r"podman run (?:.*\\\n)*.*", text)
        assert len(runs) == 2
        for command in runs:
            assert ("--no-healthcheck" in command) == ("kic-vm-worker" in command)


def test_container_context() -> None:
    """What git ignores does not become part of the build, but the history does: pbr reads it."""
    top = ETC.parents[1]
    ignored = (top / ".containerignore").read_text().splitlines()
    for line in (top / ".gitignore").read_text().splitlines():
        pattern = line.rstrip("/")
        expected = pattern[1:] if pattern.startswith("/") else f"**/{pattern}"
        assert expected in ignored
    assert not [line for line in ignored if line in {".git", "**/.git", "**"}]


def test_container_has_the_extras() -> None:
    """The image has every extra of the package."""
    text = (ETC / "container/Containerfile").read_text()
    extras = re.search(r"^ARG EXTRAS=(.+)$", text, re.MULTILINE)
    assert extras
    setup = configparser.ConfigParser(interpolation=None)
    setup.read(ETC.parents[1] / "setup.cfg")
    assert set(extras[1].split(",")) == set(setup["options.extras_require"])
    assert '".[${EXTRAS}]"' in text


def test_kolla_ansible(conf: cfg.ConfigOpts) -> None:
    """HAProxy leads to the port of the gateway; the containers have no rights."""
    proxy = (ETC / "kolla-ansible/haproxy/services.d/kic-vm.cfg").read_text()
    assert f"kolla_address(host) }}}}:{conf.api.port} check" in proxy
    waits = re.search(r"timeout server (\d+)s", proxy)
    assert waits
    assert int(waits[1]) > conf.api.request_timeout
    (play,) = yaml.safe_load((ETC / "kolla-ansible/kic-vm.yml").read_text())
    (container,) = (
        task["community.docker.docker_container"]
        for task in play["tasks"]
        if "community.docker.docker_container" in task
    )
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert set(play["vars"]["kic_vm_commands"]) == {"kic-vm-api", "kic-vm-worker"}


def test_openstack_ansible(conf: cfg.ConfigOpts) -> None:
    """The groups refer to each other; HAProxy leads to the gateway; the units exist."""
    directory = ETC / "openstack-ansible"
    groups = yaml.safe_load((directory / "env.d/kic-vm.yml").read_text())
    (container,) = groups["container_skel"].values()
    assert set(container["contains"]) == set(groups["component_skel"])
    assert set(container["belongs_to"]) <= set(groups["physical_skel"])
    hosts = yaml.safe_load((directory / "conf.d/kic-vm.yml").read_text())
    assert set(hosts) <= set(groups["physical_skel"])
    variables = yaml.safe_load((directory / "user_variables_kic_vm.yml").read_text())
    (service,) = variables["haproxy_extra_services"]
    assert service["haproxy_port"] == conf.api.port
    assert int(service["haproxy_timeout_server"].removesuffix("s")) > conf.api.request_timeout
    assert any(name in service["haproxy_backend_nodes"] for name in groups["component_skel"])
    for header in ("Forwarded", "X-Forwarded-For", "X-Forwarded-Prefix"):
        assert f"http-request del-header {header}" in service["haproxy_frontend_raw"]
    (play,) = yaml.safe_load((directory / "kic-vm-install.yml").read_text())
    assert play["hosts"] in {
        group for one in groups["component_skel"].values() for group in one["belongs_to"]
    }
    for task in play["tasks"]:
        if "ansible.builtin.systemd_service" in task:
            assert all((ETC / unit).exists() for unit in task["loop"])
    (install,) = (
        task["ansible.builtin.pip"] for task in play["tasks"] if "ansible.builtin.pip" in task
    )
    assert install["name"] == ["{{ kic_vm_files }}/{{ kic_vm_wheel }}[otel,notifications]"]


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
