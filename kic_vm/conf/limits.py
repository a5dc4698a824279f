# SPDX-License-Identifier: Apache-2.0
"""[limits]: how many requests clients can send in a time."""

from typing import Final

import limits
from oslo_config import cfg, types

GROUP = "limits"
KINDS: Final = ("reads", "writes")
SUBJECTS: Final = ("address", "user", "project")


class RateLimits(types.String):  # type: ignore[misc, unused-ignore]
    """Rate limits in the notation of the limits library, such as ``20/second;600/minute``."""

    def __call__(self, value: object) -> str:
        """The text; an empty one is no limit.

        :raises ValueError: it is not in this notation
        """
        text: str = super().__call__(value).strip()
        if text:
            try:
                limits.parse_many(text)
            except ValueError as error:
                raise ValueError(
                    "must be numbers of requests and times, such as 20/second;600/minute"
                ) from error
        return text


def _option(kind: str, subject: str) -> cfg.Opt:
    methods = "GET requests" if kind == "reads" else "requests of all methods except GET"
    return cfg.Opt(
        f"{kind}_per_{subject}",
        type=RateLimits(),
        default="",
        help=f"Maximum number of {methods} of one {subject}, such as 20/second;600/minute. If "
        "empty, there is no limit.",
    )


OPTS = [
    cfg.Opt(
        "tokens_per_address",
        type=RateLimits(),
        default="300/minute",
        help="Maximum number of token requests (POST /identity/v3/auth/tokens) of one address, so "
        "that nobody can try many passwords. Behind a proxy, this needs [oslo_middleware] "
        "enable_proxy_headers_parsing: otherwise, all clients share the address of the proxy. If "
        "empty, there is no limit.",
    ),
    *(_option(kind, subject) for subject in SUBJECTS for kind in KINDS),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Register this group."""
    conf.register_opts(OPTS, GROUP)
