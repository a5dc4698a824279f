# SPDX-License-Identifier: Apache-2.0
"""[resize]: the confirmation of finished resizes."""

from oslo_config import cfg

GROUP = "resize"

OPTS = [
    cfg.StrOpt(
        "confirmation",
        default="auto_when_stopped",
        choices=[
            ("manual", "every resized instance waits for confirm-resize or revert-resize"),
            ("auto", "every resize is confirmed automatically"),
            (
                "auto_when_stopped",
                "an instance resized while stopped returns to stopped automatically; others wait",
            ),
        ],
        help="Which resizes the gateway confirms automatically, when a user who may confirm them "
        "reads the instance. The official clients do not know the confirmation, and expect a "
        "stopped instance to be stopped again after the resize. Nova shows whether an instance is "
        "powered off now, not whether it was before: an instance that its guest shuts down while "
        "it waits counts as stopped. In Nova, an operator's cold migration is a resize too.",
    ),
    cfg.IntOpt(
        "confirm_window",
        default=3600,
        min=0,
        help="Maximum time in seconds that a resized instance waits for a confirmation. Then the "
        "gateway confirms the resize, also with confirmation = manual: the state Resized is not "
        "billed, although the instance runs with its new flavor. The time counts from the end of "
        "the resize, which Nova records. With 0 the instance waits forever.",
    ),
    cfg.StrOpt(
        "confirmed_by",
        default="auto",
        choices=[
            ("auto", "gateways and workers; without Redis, only one of the two kinds"),
            ("worker", "only kic-vm-worker"),
        ],
        help="Which processes confirm resizes automatically. If two processes confirm the same "
        "resize at the same time, Nova puts the instance into ERROR. With [redis] url, a lease "
        "lets only one of them confirm, and none confirms while Redis does not answer. Without "
        "Redis, only one process may confirm: with auto, this is the gateway if [api] workers is "
        "1, otherwise kic-vm-worker, and exactly one worker must run.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Register this group."""
    conf.register_opts(OPTS, GROUP)
