# SPDX-License-Identifier: Apache-2.0
"""`up`: the whole bring-up as one list of steps, each with what it needs."""

from collections.abc import Callable

from . import (
    ceph,
    cinder,
    debian,
    environment,
    glance,
    guest_image,
    keystone,
    libvirt,
    mariadb,
    neutron,
    nova,
    ovn,
    people,
    placement,
    rabbitmq,
    readiness,
    redis,
    rest,
)
from .deployment import Deployment
from .processes import Processes
from .seed import catalog, flavors, identity, images, networks, servers, volumes
from .steps import Step

OPENSTACK = (keystone, placement, glance, cinder, neutron, nova)


def steps(deployment: Deployment, processes: Processes) -> list[Step]:
    """Everything that makes a running, filled OpenStack out of a bare machine."""
    d, p = deployment, processes
    admin = rest.administrator(d)
    projects: dict[str, str] = {}
    journal, apt_log = d.state / "apt-journal.json", d.logs / "apt.log"

    def nothing() -> None:
        """What real guests need, where there are none."""

    def for_guests(run: Callable[[], str | None]) -> Callable[[], str | None]:
        return run if d.has_guests else nothing

    def packages(names: tuple[str, ...]) -> Callable[[], str | None]:
        return lambda: debian.install(names, journal, apt_log)

    all_packages = debian.PACKAGES + (libvirt.PACKAGES if d.has_guests else ())

    def write_configuration() -> None:
        if d.has_guests:
            libvirt.configure(d)
        for service in OPENSTACK:
            service.configure(d)

    def seed_identity() -> None:
        projects.update(identity.ensure(d, admin))

    def seed_servers() -> None:
        servers.ensure_quota(admin, projects)
        flavors.ensure(admin)

    def seed_volumes() -> None:
        volumes.ensure_quota(admin, projects)
        volumes.ensure(admin)

    return [
        # the programs
        Step("python3-venv", packages(debian.PYTHON_PACKAGES)),
        Step("apt", packages(all_packages), ("python3-venv",)),
        Step("pip", lambda: environment.install(d), ("python3-venv",)),
        Step("bindings", lambda: environment.link_bindings(d), ("apt", "pip")),
        Step("configuration", write_configuration, ("apt",) if d.has_guests else ()),
        # what OpenStack stands on
        Step("mariadb", lambda: mariadb.start(d, p), ("apt",)),
        Step("rabbitmq", lambda: rabbitmq.start(d, p), ("apt",)),
        Step("redis", lambda: redis.start(d, p), ("apt",)),
        Step("ceph", lambda: ceph.start(d, p), ("apt",)),
        Step("ovn", lambda: ovn.start(d, p), ("apt",)),
        Step("libvirt", for_guests(lambda: libvirt.start(d, p)), ("configuration", "ovn")),
        # databases
        Step("keystone keys", lambda: keystone.make_keys(d), ("pip", "configuration")),
        *(
            Step(f"{name} database", make, ("mariadb", "pip", "configuration", "bindings"))
            for name, make in (
                ("keystone", lambda: keystone.make_database(d)),
                ("nova", lambda: nova.make_databases(d)),
                ("neutron", lambda: neutron.make_database(d)),
                ("glance", lambda: glance.make_database(d)),
                ("cinder", lambda: cinder.make_database(d)),
                ("placement", lambda: placement.make_database(d)),
            )
        ),
        Step("second cell", lambda: nova.make_second_cell(d), ("nova database",)),
        # services
        Step("keystone", lambda: keystone.start(d, p), ("keystone keys", "keystone database")),
        Step("catalog", lambda: catalog.ensure(d, admin), ("keystone",)),
        Step("placement", lambda: placement.start(d, p), ("placement database", "catalog")),
        Step("glance", lambda: glance.start(d, p), ("glance database", "catalog")),
        Step(
            "cinder-api",
            lambda: cinder.start_api(d, p),
            ("cinder database", "catalog", "rabbitmq"),
        ),
        Step("cinder", lambda: cinder.start_daemons(d, p), ("cinder-api", "ceph")),
        Step(
            "neutron-api",
            lambda: neutron.start_api(d, p),
            ("neutron database", "catalog", "rabbitmq", "ovn"),
        ),
        Step("neutron-maintenance", lambda: neutron.start_maintenance(d, p), ("neutron-api",)),
        Step("nova-api", lambda: nova.start_api(d, p), ("second cell", "catalog", "rabbitmq")),
        Step("nova", lambda: nova.start_daemons(d, p), ("nova-api",)),
        Step("nova-compute", lambda: nova.start_computes(d, p), ("nova", "placement", "libvirt")),
        # what they are filled with
        # not beside the catalog: Keystone is not ready for two first requests at the same time
        Step("seed identity", seed_identity, ("catalog",)),
        Step("guest image", for_guests(lambda: guest_image.ensure(d)), ("apt",)),
        Step("seed images", lambda: images.ensure(d, admin), ("glance", "guest image")),
        Step("seed volumes", seed_volumes, ("cinder-api", "seed identity")),
        Step(
            "seed networks",
            lambda: networks.ensure(d, admin, projects),
            ("neutron-api", "seed identity"),
        ),
        Step("seed servers", seed_servers, ("nova-api", "placement", "seed identity")),
        Step("files", lambda: people.write_files(d), ("seed identity",)),
        Step("endpoints", lambda: people.write_endpoints(d), ("files", "seed networks")),
        # together
        Step(
            "reports",
            lambda: readiness.wait(d, admin, p),
            ("nova-compute", "cinder", "neutron-api", "neutron-maintenance"),
        ),
        Step("hosts", lambda: nova.map_hosts(d), ("reports",)),
        Step("servers", lambda: servers.revive(d, admin), ("hosts", "glance", "ovn", "ceph")),
    ]
