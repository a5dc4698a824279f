# SPDX-License-Identifier: Apache-2.0
"""Run the long proofs, and write what was seen into the documentation."""

import argparse
import dataclasses
import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from bench.report import table
from tests.faults import interruption, lane
from tests.faults.lane import Lane
from tests.faults.loop import LoopThread
from tests.faults.workspace import Workspace
from tests.functional import standalone
from tests.proofs.creates import KINDS, Creates
from tests.proofs.creates import Result as CreatesResult
from tests.proofs.feed import proof as feed_proof
from tests.proofs.feed import report as feed_report
from tests.proofs.history import followers
from tests.proofs.history import proof as history_proof
from tests.proofs.history import report as history_report
from tests.proofs.history import result as history_result
from tests.proofs.restarts import CLIENTS, GATEWAYS, Restarts
from tests.proofs.restarts import Result as RestartsResult
from tests.proofs.soak import Result as SoakResult
from tests.proofs.soak import Soak
from tests.proofs.stopped import NAMES, SECONDS
from tests.proofs.stopped import Result as StoppedResult
from tests.proofs.stopped import run as run_stopped

_DOCUMENTATION: Final = Path(__file__).parents[2] / "doc/source/contributor"
_HEAD: Final = ".. Written by ``make proofs``.\n\n"
_SAMPLES_SHOWN: Final = 10


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _creates_page(result: CreatesResult, probability: float, workers: int) -> str:
    kinds = ", ".join(f"``{kind}``" for kind in KINDS)
    rows = [
        ["Requests with a key of their own", str(result.keys)],
        ["Answered with success", str(result.answered)],
        ["Different instances in these answers", str(result.instances)],
        ["Servers that no answer told of (doubled)", str(result.doubled)],
        ["Instances that Nova does not have (lost)", str(result.lost)],
        ["Instances that ended in Error", str(result.in_error)],
        ["Upstream calls", str(result.upstream_calls)],
        ["Upstream calls that met a fault", str(result.faults)],
        ["Longest time to an answer", f"{result.longest_seconds} s"],
        ["Left in the project in the end", result.leftovers],
        ["Time of the run", f"{result.seconds:.0f} s"],
    ]
    rows += [[f"Answers: {status}", str(n)] for status, n in sorted(result.statuses.items())]
    return (
        _HEAD
        + f"Each of {kinds} at {probability:.0%} of the calls to Nova, Cinder and Neutron; "
        + f"{workers} worker processes.\n\n"
        + table("Creates under faults", ["What", "Seen"], rows)
    )


def _soak_page(result: SoakResult) -> str:
    step = max(1, len(result.samples) // _SAMPLES_SHOWN)
    rows = [
        [
            f"{round(100 * (number + 1) / len(result.samples))} %",
            f"{sample.mebibytes} MiB",
            str(sample.threads),
            str(sample.files),
        ]
        for number, sample in enumerate(result.samples)
        if (number + 1) % step == 0
    ]
    growth = result.growth()
    statuses = [[status, str(count)] for status, count in sorted(result.statuses.items())]
    head = (
        f"{_HEAD}{result.requests:,} requests in {result.seconds:.0f} s. From the middle to the "
        f"end of the run memory grew by {growth['mebibytes']} %, threads by "
        f"{growth['threads']} %, open files by {growth['files']} %.\n"
    )
    return "\n".join(
        [
            head,
            table("Soak", ["Of the run", "Memory", "Threads", "Open files"], rows),
            table("Answers in the soak", ["Answer", "Times"], statuses),
        ]
    )


def _stopped_page(results: list[StoppedResult]) -> str:
    rows = [
        [
            f"``{result.name}``",
            f"{result.creates.instances} of {result.creates.keys}",
            str(result.creates.doubled + result.creates.lost),
            str(result.creates.in_error),
            result.creates.leftovers,
            _counted(result.creates.statuses),
            f"{_counted(result.reads)}; longest {result.longest_read} s",
        ]
        for result in results
    ]
    columns = ["Process", "Instances of keys", "Doubled or lost", "In Error", "Left over"]
    columns += ["Answers to writes and polls", "Reads at the same time"]
    return f"{_HEAD}Each process does not run for {SECONDS:.0f} s.\n\n" + table(
        "Stopped processes", columns, rows
    )


def _counted(statuses: Mapping[str, int]) -> str:
    return ", ".join(f"{count} of {status}" for status, count in sorted(statuses.items()))


def _creates(work: Workspace, arguments: argparse.Namespace) -> bool:
    result = Creates(work, arguments.probability, _say).run(arguments.count or 1_000)
    _write(arguments, "creates", _creates_page(result, arguments.probability, arguments.workers))
    keep(arguments, result)
    return result.is_passed


def _soak(work: Workspace, arguments: argparse.Namespace) -> bool:
    result = Soak(work, _say).run(arguments.count or 100_000)
    _write(arguments, "soak", _soak_page(result))
    keep(arguments, result)
    return not any(status.startswith("500") for status in result.statuses)


def _stopped(work: Workspace, arguments: argparse.Namespace) -> bool:
    results = [run_stopped(work, name, arguments.count or 40, _say) for name in NAMES]
    _write(arguments, "stopped", _stopped_page(results))
    keep(arguments, results)
    return all(result.is_passed for result in results)


def _history(work: Workspace, arguments: argparse.Namespace) -> bool:
    proof = history_proof.History(work, _options(history_result.Options, arguments), _say)
    try:
        proof.run()
    finally:
        # A failure does not lose the readings before it.
        _write(arguments, "history", _HEAD + history_report.page(proof.result))
        keep(arguments, proof.result)
    return proof.result.is_passed


def _feed(work: Workspace, arguments: argparse.Namespace) -> bool:
    result = feed_proof.Feed(work, _options(feed_proof.Options, arguments), _say).run()
    _write(arguments, "feed", _HEAD + feed_report.page(result))
    keep(arguments, result)
    return result.is_passed


def _options(kind: type[Any], arguments: argparse.Namespace) -> Any:
    """The options of a proof: those that were given, and the defaults of its class."""
    names = [field.name for field in dataclasses.fields(kind)]
    given = {name: getattr(arguments, name) for name in names}
    return kind(**{name: value for name, value in given.items() if value is not None})


PROOFS: Final[dict[str, Callable[[Workspace, argparse.Namespace], bool]]] = {
    "creates": _creates,
    "soak": _soak,
    "stopped": _stopped,
    "history": _history,
    "feed": _feed,
}


def _restarts_page(result: RestartsResult) -> str:
    rows = [
        ["Reloads by SIGHUP", str(result.reloads)],
        ["Gateways replaced by new ones", str(result.replacements)],
        ["Requests", f"{result.requests:,}"],
        ["Requests that failed", str(sum(result.failures.values()))],
        ["Connections that a stopping gateway refused", str(result.refused_connections)],
        ["Kept connections closed before the answer to a GET", str(result.closed_connections)],
        ["Longest time to an answer", f"{result.longest_seconds} s"],
        ["Time of the run", f"{result.seconds:.0f} s"],
    ]
    return f"{_HEAD}{CLIENTS} clients, {GATEWAYS} gateways of two processes each.\n\n" + table(
        "Restarts under load", ["What", "Seen"], rows
    )


def _restarts(arguments: argparse.Namespace) -> bool:
    with tempfile.TemporaryDirectory() as directory:
        result = Restarts(Path(directory), _say).run(arguments.count or 100)
    for failure, times in result.failures.items():
        _say(f"proofs: {failure} ({times} times)")
    _write(arguments, "restarts", _restarts_page(result))
    keep(arguments, result)
    return result.is_passed


def _write(arguments: argparse.Namespace, name: str, page: str) -> None:
    path = arguments.output / f"{name}-figures.inc"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page)
    _say(f"proofs: written to {path}")


def _values(result: Any) -> dict[str, Any]:
    """The fields of a result. dataclasses.asdict cannot copy those that are a Counter."""
    return {field.name: getattr(result, field.name) for field in dataclasses.fields(result)}


def keep(arguments: argparse.Namespace, result: Any) -> None:
    """Write all that a proof has seen into the file that --json names."""
    if arguments.json:
        content = json.dumps(result, indent=1, default=_values)
        arguments.json.write_text(content + "\n")


WITHOUT_OPENSTACK: Final[dict[str, Callable[[argparse.Namespace], bool]]] = {
    "restarts": _restarts,
}


def _use_workers(own: Lane, workers: int) -> None:
    """Have a gateway of several processes take the place of the lane's."""
    own.gateway.stop()
    own.gateway = own.start_gateway(
        api={"workers": str(workers)}, redis={"secret": followers.REDIS_SECRET}
    )


def main() -> int:
    """The command; its exit status says whether all that is promised was seen."""
    parser = argparse.ArgumentParser(prog="make proofs", description=__doc__)
    parser.add_argument("proof", choices=[*PROOFS, *WITHOUT_OPENSTACK], nargs="+")
    parser.add_argument(
        "--count", type=int, help="of creates (1,000), requests (100,000) or restarts (100)"
    )
    parser.add_argument("--probability", type=float, default=0.02, help="of each kind of fault")
    parser.add_argument("--workers", type=int, default=2, help="processes of the gateway")
    parser.add_argument("--instances", type=int, help="of history (60) or feed (6), at a time")
    parser.add_argument("--minutes", type=float, help="of the random walks of history (15)")
    parser.add_argument("--pause", type=float, help="seconds between commands in history (90)")
    parser.add_argument("--seed", type=int, help="of the random walks of history (1)")
    parser.add_argument("--followers", type=int, help="workers of history that follow (2)")
    parser.add_argument("--follower-kills", type=int, help="of history (20)")
    parser.add_argument("--compute-kills", type=int, help="of a nova-compute, in history (2)")
    parser.add_argument("--dark-minutes", type=float, help="of history, without a follower (2)")
    parser.add_argument("--rounds", type=int, help="of stops and starts in feed (20)")
    parser.add_argument("--clients", type=int, help="of feed, that wait (1,000)")
    parser.add_argument("--output", type=Path, default=_DOCUMENTATION, help="for the tables")
    parser.add_argument("--json", type=Path, help="file for all that was seen")
    arguments = parser.parse_args()
    interruption.raise_once()
    passed = [
        prove(arguments) for name, prove in WITHOUT_OPENSTACK.items() if name in arguments.proof
    ]
    if names := [name for name in arguments.proof if name in PROOFS]:
        passed += _with_openstack(names, arguments)
    return 0 if all(passed) else 1


def _with_openstack(names: list[str], arguments: argparse.Namespace) -> list[bool]:
    loop = LoopThread()
    with standalone.running(), lane.opened(loop) as own:
        _use_workers(own, arguments.workers)
        work = Workspace(own)
        passed = [PROOFS[name](work, arguments) for name in names]
    loop.stop()
    return passed


if __name__ == "__main__":
    sys.exit(main())
