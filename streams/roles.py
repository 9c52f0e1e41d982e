"""The two apps as values: which topics each reads, what it remembers, and the fold between them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from schemas.records.base import InputOffset, World
from schemas.records.observed import Report
from schemas.records.plumbing import CaseState, WatchState
from schemas.topics import load_topics
from streams.fold import Fold

StateRecord = WatchState | CaseState
MakeState = Callable[[World, str, str, tuple[InputOffset, ...], bytes, datetime], StateRecord]


# Stages: longer than a river stays over a threshold. Statements: longer than any of them stands unrepeated.
_WATCH_REBUILT_FROM = {"readings": timedelta(hours=72), "bulletins": timedelta(days=30), "reports": timedelta(days=30)}


@dataclass(frozen=True, slots=True)
class Role:
    """One app. All its inputs, its ticks and its state have equally many partitions and the same key: the municipality.

    `rebuilt_from`: how far back each input is folded again where the stored state is in another layout (watch: a
    threshold changed). Empty: such a state stops the app (decide: its inputs alone do not tell what policies did).
    `is_genuine`: whether a record may be folded at all; what is not genuine is parked. `settles_each`: every event's
    state is acknowledged before the next event is looked at, so that an officer's verdict never waits for another's.
    """

    name: str
    inputs: tuple[str, ...]
    ticks: str
    state: str
    record: MakeState
    fold: Fold[Any]
    rebuilt_from: Mapping[str, timedelta]
    is_genuine: Callable[[Any], bool]
    settles_each: bool

    @property
    def outputs(self) -> tuple[str, ...]:
        """The rows it writes and that are keyed by municipality, by topics.toml."""
        own = (self.ticks, self.state)
        rows = load_topics().values()
        return tuple(r.name for r in rows if self.name in r.writers and r.key == "municipality" and r.name not in own)


def watch(fold: Fold[Any], is_signed: Callable[[Report], bool]) -> Role:
    """Readings, bulletins and reports become detections and recommendations. Reports must be signed by the console."""

    def is_genuine(record: Any) -> bool:
        return not isinstance(record, Report) or is_signed(record)

    return Role(
        name="watch",
        inputs=("readings", "bulletins", "reports"),
        ticks="ticks-watch",
        state="watch-state",
        record=WatchState,
        fold=fold,
        rebuilt_from=_WATCH_REBUILT_FROM,
        is_genuine=is_genuine,
        settles_each=False,
    )


def decide(fold: Fold[Any]) -> Role:
    """Decisions and recommendations become verdicts, orders and calls. The fold itself answers what nobody signed."""
    return Role(
        name="decide",
        inputs=("decisions", "recommendations"),
        ticks="ticks-decide",
        state="case-state",
        record=CaseState,
        fold=fold,
        rebuilt_from={},
        is_genuine=lambda _record: True,
        settles_each=True,
    )
