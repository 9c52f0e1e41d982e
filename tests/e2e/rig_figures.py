"""The figures of a kill test, as a table that is printed whether it passes or fails."""

import statistics
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from rich.console import Console
from rich.table import Table

from tests.e2e.rig_reaper import Kill
from tests.e2e.rig_topics import Topics

OUTPUT_OF = {
    "connectors": "readings",
    "watch": "watch-state",
    "decide": "case-state",
    "console": "decisions",
    "api": "subscriptions",
    "plan": "plans",
    "deliver": "outcomes",
}
"""The topic that shows that a process works again. The indexer writes to Redis, broadcast to its readers."""


def moved_after(kill: Kill, moved: list[float]) -> float | None:
    """Seconds from a kill to the next sign of life, or None where none came any more. `moved` is sorted."""
    place = bisect_right(moved, kill.at + 0.005)
    return moved[place] - kill.at if place < len(moved) else None


def blackouts(kills: list[Kill], signs: Mapping[str, list[float]]) -> dict[str, list[float]]:
    """Seconds without a sign of life after each kill, by process; one that writes to no topic gives none."""
    found: dict[str, list[float]] = defaultdict(list)
    for kill in kills:
        silent = moved_after(kill, signs.get(kill.name, []))
        if silent is not None:
            found[kill.name].append(silent)
    return found


def signs_of_life(topics: Topics, more: Mapping[str, list[float]]) -> dict[str, list[float]]:
    """When each process gave a sign of life, sorted."""
    return {name: sorted(topics.times(row)) for name, row in OUTPUT_OF.items()} | {
        n: sorted(t) for n, t in more.items()
    }


def print_kills(kills: list[Kill], signs: Mapping[str, list[float]], seed: int) -> None:
    """One row for each process: how often it was killed, and how long it was away."""
    table = Table(title=f"kills, seed {seed}")
    for name in ("process", "kills", "ready p50 s", "ready max s", "output p50 s", "output max s"):
        table.add_column(name, justify="left" if name == "process" else "right")
    silent = blackouts(kills, signs)
    for name in sorted({kill.name for kill in kills}):
        ready = [kill.away_s for kill in kills if kill.name == name]
        table.add_row(name, str(len(ready)), *_middle_and_most(ready), *_middle_and_most(silent[name]))
    Console(width=110).print(table)


def print_counts(topics: Topics, more: Mapping[str, object]) -> None:
    """Records, and how many of them are repeats of an id, by topic; then whatever else was counted."""
    table = Table(title="records")
    for name in ("topic", "records", "ids", "repeats"):
        table.add_column(name, justify="left" if name == "topic" else "right")
    for name, logged in topics.by_name.items():
        ids = Counter(_id(entry.record) for entry in logged)
        if hasattr(logged[0].record if logged else None, "id"):
            table.add_row(name, str(len(logged)), str(len(ids)), str(len(logged) - len(ids)))
    console = Console(width=110)
    console.print(table)
    for name, value in more.items():
        console.print(f"{name:<34} {value}", highlight=False)


def _id(record: object) -> tuple[object, ...]:
    """What makes a record one and the same: plans are written twice by design, as started and as complete."""
    return tuple(getattr(record, name, None) for name in ("id", "revision", "state", "step", "number"))


def _middle_and_most(seconds: Iterable[float]) -> tuple[str, str]:
    found = list(seconds)
    return (f"{statistics.median(found):.1f}", f"{max(found):.1f}") if found else ("-", "-")
