# SPDX-License-Identifier: Apache-2.0
"""The figures of a run as a page of the documentation."""

from bench.report import table
from tests.proofs.feed.proof import Result


def page(result: Result) -> str:
    """The tables of a run, as reStructuredText."""
    options = result.options
    rows = [
        [
            latency.source,
            latency.client,
            str(latency.count),
            str(latency.missing),
            f"{latency.p50} s",
            f"{latency.p99} s",
            f"{latency.worst} s",
        ]
        for latency in result.latencies
    ]
    head = (
        f"{options.instances} instances were stopped and started {options.rounds} times. The "
        "latency is the time from Nova's notification to the receipt by the client.\n"
    )
    titles = ["The worker reads", "Client", "Events", "Missing", "p50", "p99", "Worst"]
    parts = [head, table("Latency of the event feed", titles, rows)]
    if waiting := result.waiting:
        seen = [
            ["Waiting clients", f"{waiting.clients:,}"],
            ["Clients that received the event", f"{waiting.answered:,}"],
            ["Additional memory", f"{waiting.mebibytes} MiB"],
            ["Additional threads", str(waiting.threads)],
            ["Latency of the first client", f"{waiting.first} s"],
            ["Latency of the last client", f"{waiting.last} s"],
        ]
        parts.append(table("Waiting clients of one process", ["What", "Seen"], seen))
    return "\n".join(parts)
