"""A soak: steady load, releases every few seconds, random kills, and each worker's resources watched.

``make soak MINUTES=n`` runs it; it ends with a one-page report and status 0 only if everything held.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from faults.rig import Rig, WorkerProcess
from faults.traffic import trade, with_poison
from streams.demo.cases import second_release_entries
from streams.kafka.local import LocalBroker
from streams.lists.loading import LoadedList
from streams.lists.publisher import publish

EVENTS_A_SECOND = 400
RELEASE_SECONDS = 5.0
KILL_SECONDS = 20.0
SETTLED_SECONDS = 20.0
"""A worker's resources are compared from this age on."""
GROWTH = 1.10
"""At most this much more memory at the end of a worker's life than when it had settled, and 8 MiB."""


@dataclass(frozen=True)
class Usage:
    """What a process holds at a moment."""

    age: float
    memory_mib: float
    files: int
    threads: int


def usage(pid: int, age: float) -> Usage | None:
    """Read from /proc; None when the process has gone."""
    try:
        status = dict(
            line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line
        )
        files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        return Usage(age, int(status["VmRSS"].split()[0]) / 1024, files, int(status["Threads"]))
    except (OSError, KeyError):
        return None


def soak(minutes: float, directory: Path) -> bool:
    """Run, print the report, and say whether all held."""
    rng = random.Random(6)
    with LocalBroker(directory / "broker") as broker:
        rig = Rig(broker.bootstrap_servers, "soak.", directory, batch_events=200)
        changed = LoadedList(rig.lists.source, (*rig.lists.entries, *second_release_entries(rig.lists.source)))
        rig.releases.append([changed])
        # The first worker is left alone, so that its resources can be watched throughout; the second is killed.
        workers = {name: rig.start(name) for name in ("steady", "killed")}
        born = dict.fromkeys(workers, time.monotonic())
        watched: dict[str, list[Usage]] = defaultdict(list)
        started = last_release = last_kill = time.monotonic()
        releases = 1
        while (now := time.monotonic()) - started < minutes * 60:
            due = int((now - started) * EVENTS_A_SECOND) - rig.sent
            if due > 0:
                rig.send(with_poison(trade(due, rig.sent), 0.01, seed=rig.sent))
            if now - last_release > RELEASE_SECONDS:
                publish(changed if releases % 2 else rig.lists, rig.settings)
                releases, last_release = releases + 1, now
            if now - last_kill > KILL_SECONDS * (0.5 + rng.random()):
                rig.kill(workers["killed"])
                workers["killed"], born["killed"] = rig.start("killed"), now
                last_kill = now
            for name, worker in workers.items():
                found = usage(worker.process.pid, now - born[name])
                if found is not None:
                    watched[name].append(found)
            ended = [name for name, worker in workers.items() if not worker.runs]
            if ended:
                print(f"worker {', '.join(ended)} ended by itself{rig.logs()}")  # noqa: T201
                return False
            time.sleep(0.25)
        produced = time.monotonic() - started
        rig.wait_decided(seconds=300)
        latency = _end_to_end(workers["steady"])
        verdict = rig.verdict()
        rig.close()
    grown = _growth(watched["steady"])
    print(  # noqa: T201 - the report
        f"""
Soak of {minutes:g} minutes
  load        {rig.sent:,} events in {produced:,.0f} s, {rig.sent / produced:,.0f} a second
  faults      {rig.kills} kills, {releases} releases, poison of every kind
  verdict     {verdict}
  steady worker, from {SETTLED_SECONDS:g} s on: {grown or "no growth"}
  {_range(watched["steady"])}
  end to end  {latency}"""
    )
    return verdict.holds and not grown


def _settled(found: list[Usage]) -> list[Usage]:
    return [each for each in found if each.age > SETTLED_SECONDS]


def _growth(found: list[Usage]) -> str:
    """What grew: medians of the first and the last tenth are compared, so that one moment does not decide."""
    settled = _settled(found)
    if len(settled) < 20:
        return ""
    tenth = max(1, len(settled) // 10)
    problems = []
    for name in ("memory_mib", "files", "threads"):
        first, last = (
            sorted(getattr(each, name) for each in part)[tenth // 2] for part in (settled[:tenth], settled[-tenth:])
        )
        allowed = first * GROWTH + 8 if name == "memory_mib" else first + 2
        if last > allowed:
            problems.append(f"{name} grew from {first:g} to {last:g}")
    return ", ".join(problems)


def _range(found: list[Usage]) -> str:
    settled = _settled(found) or found
    return ", ".join(
        f"{name} {getattr(settled[0], name):.0f} → {getattr(settled[-1], name):.0f}"
        f" (most {max(getattr(each, name) for each in settled):.0f})"
        for name in ("memory_mib", "files", "threads")
    )


def _end_to_end(worker: WorkerProcess) -> str:
    """The shares of events within some times, from the worker's own histogram."""
    counts = {}
    for line in worker.get("/metrics").splitlines():
        if line.startswith("highfence_end_to_end_seconds_bucket"):
            bound, count = line.split('le="')[1].split('"} ')
            counts[bound] = float(count)
    total = counts.get("+Inf", 0.0) or 1.0
    return ", ".join(f"{counts[bound] / total:.2%} within {bound} s" for bound in ("0.1", "0.5", "1.0", "5.0"))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        sys.exit(0 if soak(float(sys.argv[1]), Path(made)) else 1)
