"""How a source does, judged by the time of its content: ok, stale, frozen or failing, with a sentence. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from connectors.rows import FeedRow
from connectors.source import NOT_YET, Failed, Parsed, Polled
from schemas.process.metrics import FETCH_FAILURES, SOURCE_CONTENT
from schemas.records.base import Origin
from schemas.records.plumbing import Heartbeat

PROGRAM = "connectors"
AHEAD = timedelta(minutes=10)
"""Content from further ahead is not believed: it would keep a source fresh for ever. A clock that jumped leaves it."""
FAILING_FROM = 2
"""One failed poll is retried within seconds; two in a row are told."""


@dataclass(frozen=True, slots=True)
class Vitals:
    """What is remembered of a source's polls, in event time.

    `failures` counts failed polls in a row, `in_part` those that succeeded but missed something that should be there,
    `waiting` what of an outage is still to be fetched. `records` and `parked` go on over restarts. `origin`: what was
    last tried; None in counts that an older version kept.
    """

    tried_at: datetime | None = None
    succeeded_at: datetime | None = None
    content_at: datetime | None = None
    failures: int = 0
    in_part: int = 0
    last_failure: str = ""
    records: int = 0
    parked: int = 0
    waiting: int = 0
    origin: Origin | None = None

    @property
    def in_vain(self) -> int:
        """Polls in a row that brought less than they should: the next one comes sooner."""
        return max(self.failures, self.in_part, 1 if self.waiting else 0)

    def after(self, polled: Polled, parsed: Parsed) -> "Vitals":
        """Moved on by one poll."""
        tried = replace(self, tried_at=polled.at, origin=polled.origin)
        if isinstance(polled.result, Failed):
            return replace(tried, failures=self.failures + 1, last_failure=polled.result.text)
        missed = [miss for miss in polled.result.missed if miss.reason != NOT_YET]
        known = [at for at in (self.content_at, parsed.content_at) if at is not None and at <= polled.at + AHEAD]
        return replace(
            tried,
            succeeded_at=polled.at,
            content_at=max(known, default=None),
            failures=0,
            in_part=self.in_part + 1 if missed else 0,
            last_failure=missed[0].text if missed else "",
            records=self.records + len(parsed.records),
            parked=self.parked + len(parsed.parked),
            waiting=polled.result.waiting,
        )

    def kept(self) -> str:
        """As the counts' cursor keeps them."""
        return msgspec.json.encode(self).decode()


def vitals_of(kept: str | None) -> Vitals | None:
    """What the counts' cursor tells, if it can be read."""
    try:
        return msgspec.json.decode(kept or "null", type=Vitals | None)
    except (msgspec.ValidationError, msgspec.DecodeError):
        return None


def recalled(kept: str | None) -> Vitals:
    """The counts and times of the process before this one. What failed then is tried anew."""
    return replace(vitals_of(kept) or Vitals(), failures=0, in_part=0, last_failure="", waiting=0)


def judge(row: FeedRow, vitals: Vitals, now: datetime) -> tuple[str, str]:
    """(state, sentence): what is wrong, and what to do about it."""
    if vitals.failures >= FAILING_FROM:
        told = f"{vitals.failures} polls in a row failed, the last one: {vitals.last_failure}"
        return "failing", f"{told}. Check the network and {row.url}; what it said before stays in force."
    if vitals.in_part >= FAILING_FROM:
        return "failing", f"{vitals.in_part} polls in a row missed a part: {vitals.last_failure}. It is tried again."
    age = None if vitals.content_at is None else now - vitals.content_at
    if age is None and vitals.succeeded_at is not None:
        return "stale", f"It answers, but nothing in it says yet when it was made. Look at {row.url} yourself."
    if age is None:
        return "stale", f"Nothing has been read from {row.url} yet."
    if age > row.frozen_after:
        told = f"It answers, but its newest content is {_minutes(age)} old"
        return "frozen", f"{told}. Look at {row.attribution} by other means; do not wait for it."
    if age > row.stale_after:
        return "stale", f"Its newest content is {_minutes(age)} old, twice the usual. Look at the source itself."
    if vitals.waiting:
        return (
            "ok",
            f"Catching up after a gap: {vitals.waiting} telegrams are still to be fetched. Nothing to do but wait.",
        )
    return "ok", f"Newest content {_minutes(age)} ago."


def heartbeat(row: FeedRow, vitals: Vitals, now: datetime, made_at: datetime, remark: str = "") -> Heartbeat:
    """The record that says it. `remark`: what else an operator should know."""
    state, text = judge(row, vitals, now)
    text = f"{text} {remark}".strip()
    return Heartbeat(
        source=row.id,
        program=PROGRAM,
        world=None,
        state=state,
        text=text[:1000],
        tried_at=vitals.tried_at,
        succeeded_at=vitals.succeeded_at,
        content_at=vitals.content_at,
        records=vitals.records,
        parked=vitals.parked,
        at=now,
        made_at=made_at,
    )


def count(row: FeedRow, polled: Polled, vitals: Vitals) -> None:
    """The same as metrics."""
    if isinstance(polled.result, Failed):
        FETCH_FAILURES.labels(row.id, polled.result.reason).inc()
    else:
        for miss in polled.result.missed:
            FETCH_FAILURES.labels(row.id, miss.reason).inc()
    if vitals.content_at is not None:
        SOURCE_CONTENT.labels(row.id).set(vitals.content_at.timestamp())


def _minutes(age: timedelta) -> str:
    minutes = max(0, int(age.total_seconds() // 60))
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
