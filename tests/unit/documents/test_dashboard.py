# SPDX-License-Identifier: Apache-2.0
"""The alerts and the dashboard use metrics and labels that exist, and every alert has a test."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from kic_vm.lifecycle.table import load_tables
from kic_vm.metrics import events, gateway, upstreams, worker
from kic_vm.metrics.registry import REGISTRY

ETC = Path(__file__).parents[3] / "etc/kic-vm"
RULES = yaml.safe_load((ETC / "prometheus/kic-vm.rules.yaml").read_text())
TESTS = yaml.safe_load((ETC / "prometheus/kic-vm.tests.yaml").read_text())
DASHBOARD = json.loads((ETC / "grafana/kic-vm.json").read_text())
LIMIT = "kic_vm:instance_state_limit_seconds"
NAME = re.compile(r"\bkic_vm[:\w]+")
MODULES = (events, gateway, upstreams, worker)  # they register the metrics

SELECTOR = re.compile(r"([a-zA-Z_:][\w:]*)\{([^}]*)\}")
MATCHER = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
GROUPING = re.compile(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)")
REPLACEMENT = re.compile(r'"(\w+)", "[^"]*", "(\w+)", "[^"]*"\)')
LEGEND = re.compile(r"\{\{\s*\$?(?:labels\.)?(\w+)")
# Prometheus adds these to each series that it reads. A label of the same name is renamed.
OF_TARGET = {"job", "instance"}


def rules() -> list[dict[str, Any]]:
    return [rule for group in RULES["groups"] for rule in group["rules"]]


def known() -> set[str]:
    """The names of all series, and those that the recording rules write."""
    suffixes = {"histogram": ("_bucket", "_count", "_sum"), "counter": ("_total",), "gauge": ("",)}
    series = {
        f"{metric.name}{suffix}"
        for metric in REGISTRY.collect()
        for suffix in suffixes.get(metric.type, ("",))
    }
    return series | {rule["record"] for rule in rules() if "record" in rule}


def label_names() -> dict[str, set[str]]:
    """The labels of each series, by its name, as Prometheus stores them."""
    known_labels = {"up": set(OF_TARGET)}
    for metric, labels in metrics():
        names = {f"exported_{label}" if label in OF_TARGET else label for label in labels}
        for suffix in ("", "_bucket", "_count", "_sum", "_total"):
            bound = {"le"} if suffix == "_bucket" else set()
            known_labels[metric + suffix] = names | bound | OF_TARGET
    for rule in rules():
        if "record" in rule:
            added = set(rule.get("labels", ()))
            known_labels[rule["record"]] = labels_of_result(rule["expr"]) | added
    return known_labels


def metrics() -> list[tuple[str, tuple[str, ...]]]:
    """The name and the labels of each metric."""
    collectors = set(REGISTRY._collector_to_names)
    return [(one._name, one._labelnames) for one in collectors]  # type: ignore[attr-defined]


def labels_of_result(expression: str) -> set[str]:
    """The labels of the series that an expression returns, if it groups them: those of ``by``."""
    groups = [set(re.findall(r"\w+", group)) for group in GROUPING.findall(expression)]
    return set.union(*groups) - {"le"} if groups else set()


def wrong_labels(expression: str, shown: str = "") -> set[str]:
    """The labels in an expression, or in the text that shows its result, that no series has.

    :param shown: a legend or a sentence with ``{{label}}``
    """
    known_labels = label_names()
    wrong = set()
    for name, matchers in SELECTOR.findall(expression):
        wrong |= {*MATCHER.findall(re.sub(r'"[^"]*"', '""', matchers))} - known_labels[name]
    names = {name for name in re.findall(r"\b[a-zA-Z_][\w:]*", expression) if name in known_labels}
    available = set[str]().union(*(known_labels[name] for name in names))
    for target, source in REPLACEMENT.findall(expression):
        wrong |= {source} - available
        available |= {target}
    grouped = {
        label for group in GROUPING.findall(expression) for label in re.findall(r"\w+", group)
    }
    returned = labels_of_result(expression) or available
    return wrong | grouped - available | ({*LEGEND.findall(shown)} - {"value"} - returned)


def test_rule_labels() -> None:
    """No rule selects, groups or shows a label that its metrics do not have."""
    for rule in rules():
        sentences = " ".join(rule.get("annotations", {}).values())
        assert wrong_labels(rule["expr"], sentences) == set(), rule


def test_panel_labels() -> None:
    """Nor does a panel, in its queries and legends."""
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            assert wrong_labels(target["expr"], target["legendFormat"]) == set(), panel["title"]


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ('sum(rate(kic_vm_request_duration_seconds_count{state="Active"}[5m]))', ""),
        ("sum by (service, le) (rate(kic_vm_request_duration_seconds_bucket[5m]))", ""),
        ("sum by (method) (rate(kic_vm_request_duration_seconds_count[5m]))", "{{route}}"),
        ('kic_vm_worker_job_duration_seconds_count{result="failed"} > 0', "{{ $labels.state }}"),
        ("sum by (le) (kic_vm_instances)", ""),
        ("kic_vm:upstream_failed:ratio5m", "{{operation}}"),
    ],
)
def test_wrong_labels(expression: str, shown: str) -> None:
    """The tests above find labels that do not exist."""
    assert wrong_labels(expression, shown) != set()


def test_rules() -> None:
    """No rule uses a metric that does not exist."""
    used = {name for rule in rules() for name in NAME.findall(rule["expr"])}
    assert used - known() == set()


def test_alerts() -> None:
    """Each alert has a severity and sentences, and a test in which it fires."""
    alerts = {rule["alert"]: rule for rule in rules() if "alert" in rule}
    for rule in alerts.values():
        assert rule["labels"]["severity"] in {"info", "warning", "critical"}
        assert rule["annotations"].keys() == {"summary", "description"}
    fired = {
        test["alertname"]
        for group in TESTS["tests"]
        for test in group.get("alert_rule_test", ())
        if test.get("exp_alerts")
    }
    assert fired == alerts.keys()


def test_limits_of_states() -> None:
    """Each state through which commands pass has a limit, and no other state has one."""
    transitions = load_tables().instances.transitions
    limits = [rule["labels"]["state"] for rule in rules() if rule.get("record") == LIMIT]
    assert sorted(limits) == sorted({state for change in transitions for state in change.through})


def test_dashboard() -> None:
    """Each panel has a title, a place of its own and metrics that exist."""
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        own = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not own & cells, panel["title"]
        assert max(x for x, _y in own) < 24
        cells |= own
        assert panel["title"]
        for target in panel["targets"]:
            assert set(NAME.findall(target["expr"])) <= known(), target["expr"]
