"""The two apps as values: which topics each reads, what it remembers, and the fold between them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from schemas.records.base import InputOffset, World
from schemas.records.plumbing import CaseState, WatchState
from schemas.topics import load_topics
from streams.fold import Fold

StateRecord = WatchState | CaseState
MakeState = Callable[[World, str, str, tuple[InputOffset, ...], bytes, datetime], StateRecord]


@dataclass(frozen=True, slots=True)
class Role:
    """One app. All its inputs, its ticks and its state have equally many partitions and the same key: the municipality.

    `starts_clean`: a state in another layout is forgotten (watch: thresholds changed); else it stops the app (decide:
    a case must never be forgotten).
    """

    name: str
    inputs: tuple[str, ...]
    ticks: str
    state: str
    record: MakeState
    fold: Fold[Any]
    starts_clean: bool

    @property
    def outputs(self) -> tuple[str, ...]:
        """The rows it writes and that are keyed by municipality, by topics.toml."""
        own = (self.ticks, self.state)
        rows = load_topics().values()
        return tuple(r.name for r in rows if self.name in r.writers and r.key == "municipality" and r.name not in own)


def watch(fold: Fold[Any]) -> Role:
    """Readings, bulletins and reports become detections and recommendations."""
    return Role("watch", ("readings", "bulletins", "reports"), "ticks-watch", "watch-state", WatchState, fold, True)


def decide(fold: Fold[Any]) -> Role:
    """Decisions and recommendations become verdicts, orders and calls."""
    return Role("decide", ("decisions", "recommendations"), "ticks-decide", "case-state", CaseState, fold, False)
