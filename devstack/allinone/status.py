# SPDX-License-Identifier: Apache-2.0
"""`status`: one line for every process and every API."""

import time
from collections.abc import Sequence
from pathlib import Path

from .deployment import ADDRESS
from .probes import http_answers
from .processes import Processes
from .settings import PORTS

ALL_UP, SOME_DOWN, NOTHING_RUNS = 0, 1, 3
APIS = ("keystone", "placement", "glance", "cinder", "neutron", "nova")


def show(ports: dict[str, int], processes: Processes, expected: list[str]) -> int:
    """Print the state; 0 if all is well, 1 if something is down, 3 if nothing runs."""
    members = processes.members()
    if not members:
        print("nothing runs")
        return NOTHING_RUNS
    result = ALL_UP
    total = Memory()
    print(f"{'SERVICE':<26} {'STATE':<6} {'PID':>8} {'UP':>9} {'RSS':>8} {'PSS':>8}")
    for name in dict.fromkeys([*expected, *members]):
        memory = Memory(members.get(name, []))
        total.add(memory)
        process = processes.get(name)
        if process and processes.alive(name):
            up = _duration(time.time() - processes.started(name))
            state, pid = "up", str(process.pid)
        else:
            up, pid, state, result = "", "", "DOWN", SOME_DOWN
        print(f"{name:<26} {state:<6} {pid:>8} {up:>9} {memory}")
    print(f"{'together':<26} {'':<6} {'':>8} {'':>9} {total}")
    print()
    for name in APIS:
        url = f"http://{ADDRESS}:{ports[name]}/"
        answers = http_answers(url)
        result = result if answers else SOME_DOWN
        print(f"{PORTS[name][1]:<26} {'answers' if answers else 'NO ANSWER':<10} {url}")
    return result


class Memory:
    """Resident and proportional memory of some processes, in KiB."""

    def __init__(self, pids: Sequence[int] = ()) -> None:
        """Add up what the processes use now."""
        self.rss = self.pss = 0
        for pid in pids:
            try:
                text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            except OSError:  # ended meanwhile
                continue
            for line in text.splitlines():
                key, _, value = line.partition(":")
                if key == "Rss":
                    self.rss += int(value.split()[0])
                elif key == "Pss":
                    self.pss += int(value.split()[0])

    def add(self, other: "Memory") -> None:
        """Count another one in."""
        self.rss += other.rss
        self.pss += other.pss

    def __str__(self) -> str:
        """Two columns in MB."""
        return f"{self.rss // 1024:>5} MB {self.pss // 1024:>5} MB"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m{rest:02}s"
