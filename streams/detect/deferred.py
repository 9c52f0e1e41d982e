"""Calm polls in columns: they are folded into the stations only when somebody looks at these.

A state with deferred polls stands for the one that `settled` makes of it, which is what every poll would have been
folded to one by one: a property test says so. Only a poll that is calm for all of its gauges is deferred.
"""

from dataclasses import replace
from itertools import repeat

import numpy as np

from schemas.records.base import Origin
from schemas.records.observed import PollOutcome, ReadingBatch
from streams.detect.block import Block, Bounds, taken
from streams.detect.calm import limits_of, new, poll_of
from streams.detect.guard import Judged
from streams.detect.knowledge import Knowledge
from streams.detect.series import VALID, Series, seconds
from streams.detect.state import Deferred, Station, Watch
from streams.detect.swing import Swing
from streams.detect.threshold import CALM
from streams.detect.trend import Rising

LEAST = 16
"""Gauges of a poll; fewer are folded one by one in less time."""
Gathered = tuple[tuple[float, ...], Station]


def deferred(state: Watch, batch: ReadingBatch, knowledge: Knowledge) -> Watch | None:
    """The state after a poll that is calm for all of its gauges; None if it must be looked at one by one."""
    held = state.deferred
    if held is None or held.knowledge is not knowledge or not _may_wait(state, batch):
        return None
    polled, replay = seconds(batch.polled_at), int(batch.origin is Origin.REPLAY)
    poll = poll_of(batch, polled, replay)
    block = held.blocks.get((batch.stations, poll.codes)) if poll is not None else None
    before = state.sources.get(batch.source)
    # Only a newer answer of the source makes the state another one in the eyes of `==`, which sees no columns.
    if poll is None or block is None or before is None or before[0] >= polled:
        return None
    block = taken(block, poll.values, poll.at, polled, replay)
    if block is None:
        return None
    blocks = {**held.blocks, (batch.stations, poll.codes): block}
    sources = {**state.sources, batch.source: (polled, replay)}
    return replace(state, now=max(state.now, polled), sources=sources, deferred=Deferred(knowledge, blocks))


def settled(state: Watch) -> Watch:
    """The state with every poll folded into its stations."""
    held = state.deferred
    if held is None:
        return state
    if held.settled is None:
        stations = dict(state.stations)
        for (_, codes), block in held.blocks.items():
            if block.taken:
                _settle(stations, codes, block)
        held.settled = stations
    return replace(state, stations=held.settled, deferred=None)


def carried(state: Watch, plain: Watch, after: Watch) -> Watch:
    """`after`, to which a step led from `plain`, `state` settled: with the columns of all gauges that it left alone."""
    held = state.deferred
    if after is plain or held is None:
        return state if after is plain else after
    old, new = plain.stations, after.stations
    blocks = {
        key: block._replace(taken=0)
        for key, block in held.blocks.items()
        if new is old or all(new[code] is old[code] for code in key[1])
    }
    return replace(after, deferred=Deferred(held.knowledge, blocks)) if blocks else after


def gathered(state: Watch, batch: ReadingBatch, knowledge: Knowledge) -> Watch:
    """With the columns of this poll's gauges, if the next poll may be deferred."""
    poll = poll_of(batch, 0, 0) if _may_wait(state, batch) and not state.quiet else None
    if poll is None or len(poll.codes) < LEAST or not knowledge.beside.isdisjoint(batch.stations):
        return state
    held = state.deferred
    blocks = held.blocks if held is not None and held.knowledge is knowledge else {}
    if any(not others.isdisjoint(poll.codes) for others in map(frozenset, (key[1] for key in blocks))):
        return state
    block = _block(state.stations, poll.codes, knowledge)
    if block is None:
        return state
    return replace(state, deferred=Deferred(knowledge, {**blocks, (batch.stations, poll.codes): block}))


def _may_wait(state: Watch, batch: ReadingBatch) -> bool:
    """Whether a calm poll would be nothing but kept: nothing is quiet, and nothing stands that time could end."""
    ends = state.quiet or state.reports or state.lifted or state.late.slots
    return not ends and batch.outcome is not PollOutcome.FAILED and bool(batch.stations)


def _block(stations: dict[str, Station], codes: tuple[str, ...], knowledge: Knowledge) -> Block | None:
    """The columns of these gauges; None unless all are calm and were heard at the very same moments."""
    found = [stations[code] for code in codes if code in stations and code in knowledge.tracks]
    if len(found) < len(codes) or len(found[0].series) < 2:
        return None
    size, began = len(found[0].series), found[0].series[0][0]
    if not all(_is_calm(one) and len(one.series) == size and one.series[0][0] == began for one in found):
        return None
    times, _, doubts, replays = zip(*found[0].series, strict=True)
    columns = []
    for one in found:
        at, values, *others = zip(*one.series, strict=True)
        if at != times or others != [doubts, replays] or any(doubts):
            return None
        columns.append(values)
    rows = np.array(columns, np.float64).T
    slopes = np.diff(rows, axis=0) / np.diff(np.array(times))[:, None]
    swings = [one.rising.swing for one in found]
    return Block(
        *(_bounds(found, codes, knowledge), times, replays, tuple(rows), tuple(slopes)),
        *(np.array([one.steep for one in found]), np.array([one.steep_at for one in found])),
        *(np.array([s.low for s in swings]), np.array([s.high for s in swings])),
    )


def _is_calm(station: Station) -> bool:
    """Whether nothing but its numbers tells the gauge from any other one."""
    judged, series = station.judged, station.series
    marked = station.crossings.over or station.rising.since or judged.pending_at or judged.flat_since or station.note
    return not marked and bool(series) and series[-1][:2] == (judged.at, judged.value)


def _bounds(found: list[Station], codes: tuple[str, ...], knowledge: Knowledge) -> Bounds:
    tracks = [knowledge.tracks[code] for code in codes]
    lowest, highest, spike, slow, reach, ahead = zip(*(limits_of(track.tuning) for track in tracks), strict=True)
    ends, heights = min(one.rising.swing.ends for one in found), np.array([track.lowest for track in tracks])
    return Bounds(max(lowest), min(highest), min(spike), min(slow), max(reach), min(ahead), ends, heights)


def _settle(stations: dict[str, Station], codes: tuple[str, ...], block: Block) -> None:
    """Fills in the stations of one block."""
    at, times, replays = block.times[-1], block.times, block.replays
    columns = np.array(block.values).T.tolist()
    numbers = (block.slopes[-1], block.steep, block.steep_at, block.low, block.high)
    rows = zip(codes, columns, *(n.tolist() for n in numbers), strict=True)
    for code, column, rate, steep, steep_at, low, high in rows:
        series: Series = tuple(zip(times, column, repeat(VALID), replays))
        heard, _, _, _, rising, *_ = stations[code]
        ends, was_low, was_high, past = rising.swing
        if low != was_low or high != was_high:
            rising = new(Rising, ((), rising.last, new(Swing, (ends, low, high, past))))
        judged = new(Judged, (at, column[-1], rate, 0, 0.0, 0))
        stations[code] = new(Station, (heard, series, judged, CALM, rising, "", steep, steep_at))
