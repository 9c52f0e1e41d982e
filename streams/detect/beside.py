"""What rules ask beside the gauge itself: rain of its catchment, dams above it. Acts only where an answer changes."""

from dataclasses import replace

from schemas.records.base import Origin
from schemas.records.observed import Quality, Reading, ReadingBatch
from streams.detect.knowledge import DamFacts, Knowledge
from streams.detect.limits import Limits
from streams.detect.opened import reopen
from streams.detect.say import Seen
from streams.detect.series import seconds
from streams.detect.state import DamState, Rain, Watch

RAIN = {"rain_10min": "mm_10min", "rain_1h": "mm_1h"}
Values = dict[str, float]
DAM = {"dam_inflow": "inflow", "dam_outflow": "outflow", "dam_level": "level", "dam_storage": "storage"}


def take_beside(state: Watch, batch: ReadingBatch, knowledge: Knowledge) -> tuple[Watch, list[Seen]]:
    """Rain and dam readings of one poll, in the order of observation; the very same state if there are none."""
    seen: list[Seen] = []
    if batch.stations and knowledge.beside.isdisjoint(batch.stations):
        return state, seen
    replay = int(batch.origin is Origin.REPLAY)
    for (at, code), values in sorted(_told(batch, knowledge).items()):
        turned, state = _kept(state, code, at, values, replay, knowledge)
        if turned:
            state = reopen(state, knowledge, None, at, seen)
    return state, seen


def _told(batch: ReadingBatch, knowledge: Knowledge) -> dict[tuple[int, str], Values]:
    """What each station said of one moment, together: an inflow and an outflow of other hours say nothing."""
    told: dict[tuple[int, str], Values] = {}
    for reading in batch.readings:
        if _is_usable(reading, batch, knowledge):
            at = seconds(reading.observed_at)
            name = (RAIN | DAM)[reading.quantity]
            told.setdefault((at, reading.station), {})[name] = float(reading.value or 0.0)
    return told


def _is_usable(reading: Reading, batch: ReadingBatch, knowledge: Knowledge) -> bool:
    ahead_s = knowledge.book.tuning.ahead_min * 60
    return (
        reading.station in knowledge.beside
        and reading.quantity in (RAIN if reading.station not in knowledge.dams else DAM)
        and reading.value is not None
        and reading.value >= 0
        and reading.quality is Quality.VALID
        and (reading.observed_at - batch.polled_at).total_seconds() <= ahead_s
    )


def _kept(state: Watch, code: str, at: int, values: Values, replay: int, knowledge: Knowledge) -> tuple[bool, Watch]:
    """Whether an answer changed, and the state with what was said; what is older than is known changes nothing."""
    if code in knowledge.dams:
        before = state.dams.get(code, DamState(at))
        if at < before.at:
            return False, state
        dam = _dam(before, values, at, knowledge.dams[code], knowledge)._replace(replay=replay)
        return bool(dam.passing) != bool(before.passing), replace(state, dams={**state.dams, code: dam})
    wet = state.rain.get(code, Rain(at))
    if at < wet.at:
        return False, state
    rain = _rain(wet, values, at, knowledge.book.limits)._replace(replay=replay)
    turned = (bool(rain.falling), bool(rain.strong)) != (bool(wet.falling), bool(wet.strong))
    return turned, replace(state, rain={**state.rain, code: rain})


def _rain(before: Rain, values: Values, at: int, limits: Limits) -> Rain:
    fresh = before if before.at == at else before._replace(mm_10min=-1.0, mm_1h=-1.0)
    now = fresh._replace(at=at, **values)  # type: ignore[arg-type]  # each name is a number
    falls = now.mm_10min >= limits.rain_10min_mm or now.mm_1h >= limits.rain_1h_mm
    pours = now.mm_10min >= limits.strong_10min_mm or now.mm_1h >= limits.strong_1h_mm
    hold_s = limits.rain_hold_min * 60
    falling, falling_last = _held(before.falling, before.falling_last, at, falls, hold_s)
    strong, strong_last = _held(before.strong, before.strong_last, at, pours, hold_s)
    return now._replace(falling=falling, falling_last=falling_last, strong=strong, strong_last=strong_last)


def _dam(before: DamState, values: Values, at: int, dam: DamFacts, knowledge: Knowledge) -> DamState:
    fresh = before if before.at == at else before._replace(inflow=-1.0, outflow=-1.0, level=-1.0, storage=-1.0)
    now = fresh._replace(at=at, **values)  # type: ignore[arg-type]  # each name is a number
    full_by = now.storage if dam.emergency_m is None else now.level
    if min(now.inflow, now.outflow, full_by) < 0:  # half of the figures neither begins nor ends anything
        return now
    passes = is_passing(now, dam, knowledge.book.limits)
    since, last = _held(before.passing, before.passing_last, at, passes, knowledge.book.tuning.hold_min * 60)
    return now._replace(passing=since, passing_last=last)


def is_passing(dam: DamState, facts: DamFacts, limits: Limits) -> bool:
    """異常洪水時防災操作 as its figures show it: a flood comes in, the dam is full, and as much goes out (K)."""
    full = dam.level >= facts.emergency_m if facts.emergency_m is not None else dam.storage >= limits.dam_storage_pct
    return full and dam.inflow >= limits.dam_inflow_m3s and dam.outflow >= dam.inflow * limits.dam_pass_share


def _held(since: int, last: int, at: int, on: bool, hold_s: float) -> tuple[int, int]:
    """Since when it holds and when it last did; it ends only after so long with data that says otherwise."""
    if on:
        return since or at, at
    return (0, 0) if since and at - last > hold_s else (since, last)
