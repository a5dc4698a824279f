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
    cfg.IntOpt(
        "confirm_window",
        default=3600,
        min=0,
        help="Seconds that a resized instance waits at most. Then the gateway confirms its "
        "resize, also with confirmation = manual: the state Resized is not billed, although the "
        "instance runs with its new flavor. The time counts from the end of the resize, which "
        "Nova records. 0: the instance waits without end.",
    ),
    cfg.StrOpt(
        "confirmed_by",
        default="auto",
        choices=[
            ("auto", "gateways and workers; without Redis, only one of the two kinds"),
            ("worker", "kic-vm-worker alone"),
        ],
        help="Which processes confirm resizes by themselves. Two that confirm the same resize at "
        "the same time put the instance into ERROR in Nova. With [redis] url the processes agree "
        "on one of them, and while Redis does not answer none confirms. Without Redis one process "
        "alone must do it: with auto it is the gateway if [api] workers is 1, else kic-vm-worker, "
        "of which there must be exactly one then.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Teach ``conf`` this group."""
    conf.register_opts(OPTS, GROUP)
