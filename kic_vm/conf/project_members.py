# SPDX-License-Identifier: Apache-2.0
"""[project_members]: the Keystone roles for the documented roles."""

from oslo_config import cfg

GROUP = "project_members"

OPTS = [
    cfg.StrOpt(
        "admin_role",
        default="manager",
        help="Keystone role of project admins. The policy rule project_admin must name the same "
        "role.",
    ),
    cfg.StrOpt(
        "member_role",
        default="member",
        help="Keystone role of project members. The policy rule project_member must name the same "
        "role.",
    ),
    cfg.StrOpt(
        "reader_role",
        default="reader",
        help="Keystone role of project readers. The policy rule project_reader must name the same "
        "role.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Register this group."""
    conf.register_opts(OPTS, GROUP)
