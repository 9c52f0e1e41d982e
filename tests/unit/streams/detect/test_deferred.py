"""Polls that wait in columns: whoever looks sees what folding them one by one, as plain records, comes to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.batches import BatchReader
from schemas.codec import Codec
from schemas.records.base import Hazard, Origin, Trace, World, content_id
from schemas.records.observed import PollOutcome, Quality, Reading, ReadingBatch
from streams.detect.area import Input
from streams.detect.deferred import LEAST, settled
from streams.detect.knowledge import AreaFacts, GaugeFacts, Knowledge
from streams.detect.state import Watch
from streams.knowledge import load_knowledge
from streams.watch import Watched, WatchFold
from tests.unit.streams.inputs import MADE, bulletin, item, tick

BEGAN = datetime(2026, 9, 21, tzinfo=UTC)
TOWN, AREA = "14205", "1420500"
CODES = tuple(f"g{number:02d}" for number in range(2 * LEAST + 2))
SOURCES = {"first": CODES[:LEAST], "second": CODES[LEAST:-2], "shared": (*CODES[2 : LEAST + 2], CODES[-1])}
HEIGHTS = (("L1", 3.0), ("L2", 3.5), ("L3", 4.0), ("L4", 4.5))
AREAS = {AREA: AreaFacts(AREA, "藤沢市", TOWN)}
GAUGES = {c: GaugeFacts(c, c, "川", "洪水予報河川", (AREA,), HEIGHTS if c != "g03" else ()) for c in CODES[:-1]}
FOLD = WatchFold(Knowledge(GAUGES, AREAS, load_knowledge().book))
PLAIN, READER = Codec(ReadingBatch, World.ACTUAL), BatchReader(World.ACTUAL)

CALM = st.lists(st.sampled_from((0.0, 0.01, -0.01, 0.02, -0.02, 0.003)), min_size=LEAST, max_size=LEAST)
ONE = st.tuples(
    st.integers(0, LEAST - 1),
    st.sampled_from((0.05, 0.2, 0.25, 0.4, 0.7, -0.3, -0.7, 2.0, 50.0, 1000.0, float("inf"), float("nan"), None)),
)
POLL = st.tuples(
    st.sampled_from(("first",) * 6 + ("second",) * 3 + ("shared",)),
    st.sampled_from((10,) * 12 + (0, -10, 1, 5, 20, 40, 80, 200, 1600)),
    CALM,
    st.one_of(st.none(), st.none(), st.none(), st.none(), ONE),
    st.sampled_from((3,) * 8 + (0, -20, 30)),
    st.sampled_from((Origin.LIVE,) * 5 + (Origin.REPLAY,)),
    st.sampled_from((Quality.VALID,) * 12 + (Quality.SUSPECT,)),
    st.sampled_from((PollOutcome.NEW,) * 12 + (PollOutcome.FAILED,)),
)
ZEROS = [0.0] * LEAST
TEACHING = [
    (source, 10, ZEROS, None, 3, Origin.LIVE, Quality.VALID, PollOutcome.NEW)
    for _ in range(3)
    for source in ("first", "second")
]
"""Polls from which the reader learns the layouts, and after which the columns are there."""
OTHER = st.sampled_from(("tick", "tick", "late tick", "bulletin", "lifted", "restart", "again"))
DAY = st.lists(st.one_of(POLL, POLL, POLL, POLL, POLL, OTHER), min_size=1, max_size=40)


Odd = tuple[int, float | None] | None


class Rivers:
    """What the gauges show, and the time of the newest poll."""

    def __init__(self) -> None:
        self.levels: dict[str, float] = {}
        self.now, self.polls = BEGAN, 0
        self.newest: Input = tick(BEGAN)

    def record(self, told: Any) -> Input:
        """The next record."""
        if told == "again":
            return self.newest
        if isinstance(told, str):
            return _other(told, self.now)
        source, minutes, steps, odd, *how = told
        self.now += timedelta(minutes=minutes)
        self.polls += 1
        self.newest = _batch(source, self.now, self.stages(source, steps, odd), self.polls, *how)
        return self.newest

    def stages(self, source: str, steps: list[float], odd: Odd) -> list[float | None]:
        """After these steps; an odd one of 50 m or more, or none, shows once and is no stage."""
        shown: list[float | None] = []
        for number, (code, step) in enumerate(zip(SOURCES[source], steps, strict=False)):
            more = odd[1] if odd is not None and odd[0] == number else 0.0
            real = more is not None and abs(more) < 50
            self.levels[code] = self.levels.get(code, 1.0) + step + (more if more is not None and real else 0.0)
            shown.append(self.levels[code] if real else more)
        return shown


def _batch(
    source: str,
    at: datetime,
    shown: list[float | None],
    number: int,
    polled_min: int,
    origin: Origin,
    quality: Quality,
    outcome: PollOutcome,
) -> ReadingBatch:
    batch_id, codes = content_id(source, number), SOURCES[source]
    readings = tuple(
        Reading(code, "stage", value, "m", at, Quality.MISSING if value is None else quality, 0)
        for code, value in zip(codes, shown, strict=False)
    )
    polled = at + timedelta(minutes=polled_min)
    head = (batch_id, World.ACTUAL, origin, source, TOWN, polled, outcome, None, codes)
    return ReadingBatch(*head, () if outcome is PollOutcome.FAILED else readings, Trace(batch_id, at), at)


def _other(kind: str, at: datetime) -> Input:
    """A tick, or a warning that begins or ends."""
    if "tick" in kind:
        return tick(at + timedelta(minutes=90 if "late" in kind else 6))
    return bulletin(at, item(Hazard.FLOOD, 3, status="発表" if kind == "bulletin" else "解除"))


def plain(state: Watched) -> Watch:
    """Everything folded."""
    return replace(settled(state.watch), deferred=None)


@given(DAY, st.sampled_from((0.9, 2.2, 2.6)))
def test_deferred_polls_come_to_what_plain_records_come_to(day: list[Any], base: float) -> None:
    """State by state, output by output, with restarts in between."""
    rivers = Rivers()
    rivers.levels = dict.fromkeys(CODES, base)
    one = columns = FOLD.initial(World.ACTUAL, TOWN)
    for told in [*TEACHING, *day]:
        if told == "restart":
            columns = FOLD.decode(FOLD.encode(columns))
            continue
        record = rivers.record(told)
        read = record
        if isinstance(record, ReadingBatch):
            message = PLAIN.encode(record)
            record, read = PLAIN.decode(message), READER.decode(message)
        before, (one, said) = one, FOLD.step(one, record, MADE)
        was, (columns, also) = columns, FOLD.step(columns, read, MADE)
        assert also == said
        assert plain(columns) == one.watch
        assert columns.said == one.said
        assert FOLD.encode(columns) == FOLD.encode(one)
        assert before == one or was != columns, "a state that changed is written"


def test_a_calm_day_is_deferred() -> None:
    """Of two sources with a tick between: only their first polls and the turn of the day are folded one by one."""
    rivers, state, waiting = Rivers(), FOLD.initial(World.ACTUAL, TOWN), 0
    for number in range(144):
        for source in ("first", "second"):
            steps = [0.01 if (number + code) % 4 < 2 else -0.01 for code in range(LEAST)]
            told = (source, 10 if source == "first" else 0, steps, None, 3, Origin.LIVE, Quality.VALID, PollOutcome.NEW)
            batch = READER.decode(PLAIN.encode(rivers.record(told)))  # type: ignore[arg-type]  # it is a batch
            state, said = FOLD.step(state, batch, MADE)
            assert said == ()
            waiting += any(block.taken for block in state.watch.deferred.blocks.values()) if state.watch.deferred else 0
        state, said = FOLD.step(state, tick(rivers.now + timedelta(minutes=4)), MADE)
        assert said == ()
    assert waiting >= 2 * 144 - 8
    assert {len(station.series) for station in plain(state).stations.values()} == {8}, "75 minutes"
