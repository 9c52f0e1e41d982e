"""Batches in columns are folded to exactly what the same batches are folded to as records, calm gauges or not."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from schemas.batches import BatchReader
from schemas.codec import Codec
from schemas.records.base import Origin, Trace, World, content_id
from schemas.records.columns import Columns
from schemas.records.observed import PollOutcome, Quality, Reading, ReadingBatch
from streams.detect.area import fold, initial
from streams.detect.knowledge import AreaFacts, GaugeFacts, Knowledge
from streams.detect.state import Watch
from streams.knowledge import load_knowledge

BEGAN = datetime(2026, 9, 21, tzinfo=UTC)
TOWN, AREA = "14205", "1420500"
CODES = ("a", "b", "c")
HEIGHTS = (("L1", 3.0), ("L2", 3.5), ("L3", 4.0), ("L4", 4.5))
AREAS = {AREA: AreaFacts(AREA, "藤沢市", TOWN)}
GAUGES = {code: GaugeFacts(code, code, "川", "洪水予報河川", (AREA,), HEIGHTS if code != "c" else ()) for code in CODES}
KNOWN = Knowledge(GAUGES, AREAS, load_knowledge().book)
STEPS = st.floats(-0.05, 0.05) | st.floats(-0.6, 0.6) | st.sampled_from((0.0, 0.3, -0.3, 50.0, float("inf")))
POLLS = st.lists(st.tuples(st.integers(-1, 9), st.tuples(STEPS, STEPS, STEPS)), min_size=1, max_size=30)


def poll(number: int, tens: int, values: tuple[float, ...]) -> ReadingBatch:
    """Valid stages of three gauges at one moment, polled three minutes later."""
    at, batch_id = BEGAN + timedelta(minutes=10 * tens), content_id(number)
    readings = tuple(
        Reading(code, "stage", value, "m", at, Quality.VALID) for code, value in zip(CODES, values, strict=True)
    )
    return ReadingBatch(
        *(batch_id, World.ACTUAL, Origin.LIVE, "s", TOWN, at + timedelta(minutes=3), PollOutcome.NEW, None),
        *(CODES, readings, Trace(batch_id, at), at),
    )


@given(POLLS, st.sampled_from((1.0, 2.6, 3.2)))
def test_columns_fold_to_what_records_fold_to(polls: list[tuple[int, tuple[float, ...]]], base: float) -> None:
    """Calm, climbing, jumping, too late, repeated, without thresholds: state by state, detection by detection."""
    codec, reader = Codec(ReadingBatch, World.ACTUAL), BatchReader(World.ACTUAL)
    plain = columns = initial(World.ACTUAL, TOWN)
    tens, stages, in_columns = 0, [base] * 3, 0
    for number, (ahead, steps) in enumerate(polls):
        tens += ahead if ahead < 9 else 200
        stages = [stage + step if abs(step) < 50 else stage for stage, step in zip(stages, steps, strict=True)]
        shown = tuple(step if step >= 50 else stage for stage, step in zip(stages, steps, strict=True))
        message = codec.encode(poll(number, tens, shown))
        read = reader.decode(message)
        in_columns += isinstance(read, Columns)
        plain, said = fold(plain, codec.decode(message), KNOWN)
        columns, also = fold(columns, read, KNOWN)
        assert columns == plain
        assert also == said
    assert in_columns == len(polls) - 1, "the first one teaches the layout"


def test_a_calm_day_stays_on_the_quick_way() -> None:
    """A day of small steps: in the end the quick way holds what the slow way holds, and nothing was ever said."""
    codec, reader = Codec(ReadingBatch, World.ACTUAL), BatchReader(World.ACTUAL)
    quick: Watch = initial(World.ACTUAL, TOWN)
    slow = quick
    for number in range(144):
        stage = 1.0 + 0.01 * (number % 7)
        message = codec.encode(poll(number, number, (stage, stage, stage)))
        (quick, said), (slow, also) = (
            fold(quick, reader.decode(message), KNOWN),
            fold(slow, codec.decode(message), KNOWN),
        )
        assert said == also == []
    assert quick == slow
    assert [len(station.series) for station in quick.stations.values()] == [8, 8, 8], "75 min of ten-minute values"
