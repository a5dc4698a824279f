"""[project_members]: which Keystone roles stand behind the documented ones."""

from oslo_config import cfg

GROUP = "project_members"

OPTS = [
    cfg.StrOpt(
        "admin_role",
        default="manager",
        help="Keystone role that a project admin is given. The rule project_admin of the policy "
        "has to name it, too.",
    ),
    cfg.StrOpt(
        "member_role",
        default="member",
        help="Keystone role that a project member is given. The rule project_member of the policy "
        "has to name it, too.",
    ),
    cfg.StrOpt(
        "reader_role",
        default="reader",
        help="Keystone role that a reader is given. The rule project_reader of the policy has to "
        "name it, too.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Teach ``conf`` this group."""
    conf.register_opts(OPTS, GROUP)
