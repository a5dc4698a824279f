# SPDX-License-Identifier: Apache-2.0
"""[limits]: rate limits."""

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
                    "must be limits separated by semicolons, such as 20/second;600/minute"
                ) from error
        return text


def _option(kind: str, subject: str) -> cfg.Opt:
    methods = "GET requests" if kind == "reads" else "requests of all methods except GET"
    return cfg.Opt(
        f"{kind}_per_{subject}",
        type=RateLimits(),
        default="",
        help=f"Maximum rate of {methods} of one {subject}, such as 20/second;600/minute. Empty: no "
        "limit.",
    )


OPTS = [
    cfg.Opt(
        "tokens_per_address",
        type=RateLimits(),
        default="300/minute",
        help="Maximum rate of token requests (POST /identity/v3/auth/tokens) of one address, so "
        "that nobody can try many passwords. It also limits validations of tokens (GET), unless "
        "reads_per_address is set. Behind a proxy, set [oslo_middleware] "
        "enable_proxy_headers_parsing: otherwise, all clients share the address of the proxy. "
        "Empty: no limit.",
    ),
    *(_option(kind, subject) for subject in SUBJECTS for kind in KINDS),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Register this group."""
    conf.register_opts(OPTS, GROUP)
