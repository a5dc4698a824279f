# SPDX-License-Identifier: Apache-2.0
"""The list of the servers of all projects, compared with Nova's usage report of all projects."""

from typing import Any

import pytest
from oslo_config import cfg

from kic_vm import deploy, exceptions
from kic_vm.cmd.worker import gateway_services
from tests.unit.cloud import Cloud
from tests.unit.nova_servers import REPORT, serve, servers
from tests.unit.personas import OTHER_PROJECT

JSON = dict[str, Any]


@pytest.mark.parametrize("max_limit", [7, 3])
@pytest.mark.parametrize("missing", [0, 4, 9])
def test_all_projects(conf: cfg.ConfigOpts, populated: Cloud, max_limit: int, missing: int) -> None:
    """The list of the servers of all projects is compared with the report of all projects."""
    found = servers(10)
    for one in found[::3]:
        one["tenant_id"] = OTHER_PROJECT
    compute = gateway_services(deploy.load_app_state(conf)).openstack.compute
    serve(populated, found, silent={found[missing]["id"]}, max_limit=max_limit)
    with pytest.raises(exceptions.UpstreamUnavailable):
        compute.list_all_servers()
    populated.answer("GET", "nova", "/servers?status=DELETED", {}, 403)
    with pytest.raises(exceptions.GatewayNotAllowed):
        compute.list_all_servers()
    serve(populated, found, max_limit=max_limit)
    assert len(compute.list_all_servers()) == 10


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_report_of_two_cells(conf: cfg.ConfigOpts, populated: Cloud, limit: int) -> None:
    """Nova reads one cell after the other, and groups each page by project."""
    cells = ("a1", "b1", "b2", "a3", "a4", "b5", "c6")

    def report(request: Any, _context: Any) -> JSON:
        begin = cells.index(request.qs["marker"][0]) + 1 if "marker" in request.qs else 0
        shown = cells[begin : begin + limit]
        by_project: dict[str, list[JSON]] = {}
        for one in shown:
            usage = {"instance_id": one, "state": "active", "started_at": "2026-11-23T11:00:00"}
            by_project.setdefault(one[0], []).append(usage)
        links = [{"rel": "next", "href": "http://nova.test"}] if len(shown) == limit else []
        usages = [{"server_usages": listed} for listed in by_project.values()]
        return {"tenant_usages": usages, "tenant_usages_links": links}

    populated.answer("GET", "nova", REPORT, json=report)
    compute = gateway_services(deploy.load_app_state(conf)).openstack.compute
    assert set(compute.list_active_server_ids(of_all_projects=True)) == set(cells)
