"""[resize]: what happens when a resize has done its work."""

from oslo_config import cfg

GROUP = "resize"

OPTS = [
    cfg.StrOpt(
        "confirmation",
        default="auto_when_stopped",
        choices=[
            ("manual", "every resized instance waits for confirm-resize or revert-resize"),
            ("auto", "no resized instance waits"),
            (
                "auto_when_stopped",
                "what was resized while stopped goes back to stopped by itself; the rest waits",
            ),
        ],
        help="Which resized instances the gateway confirms by itself, as soon as somebody who "
        "may do so reads them. The official clients know no confirmation and expect what they "
        "have stopped to be stopped again. Nova shows whether an instance is powered off, not "
        "whether it was before: one that its guest shuts down while it waits counts as stopped. "
        "To Nova an operator's cold migration is a resize too.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Teach ``conf`` this group."""
    conf.register_opts(OPTS, GROUP)
