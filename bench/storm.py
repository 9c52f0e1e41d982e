"""A storm as a scenario file: landslide telegrams that each warn one more municipality, and one that warns them all."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from local.scenario import JST
from schemas.reference import municipalities

BEGIN = datetime(2026, 10, 1, tzinfo=JST)
EVERY = timedelta(minutes=5)
"""Shorter than what the connector takes for a gap of its own, so that it reads the short feed only."""
READ_AFTER = timedelta(seconds=25)
"""When the scenario's clock stops after a telegram."""

HEAD = """\
title = "A storm for measuring"
banner = "計測用の架空の電文です。 / Made-up telegrams for a measurement."
banner_short = "MADE-UP telegrams for a measurement"
start = {start}
end = {end}
stops = [{stops}]

[sources]
landslide = "made up: every municipality of Kanagawa, one after the other"
"""
TELEGRAM = """
[[telegram]]
carrier = "VXWW50"
at = {at}
serial = {serial}
headline = "計測"
original = "made up"
warned = {{ {warned} }}
lifted = [{lifted}]
"""


@dataclass(frozen=True, slots=True)
class Step:
    """One telegram, and what officers do after it: it warns `news`, ends the warnings of `over`; they lift `lifts`."""

    news: tuple[str, ...]
    over: tuple[str, ...] = ()
    lifts: tuple[str, ...] = ()


def storm(orders: int, towns: Sequence[str]) -> tuple[Step, ...]:
    """One municipality after the other, `orders` times, round after round; then all of them by one telegram."""
    rounds = [tuple(towns[: min(len(towns), orders - done)]) for done in range(0, orders, len(towns))]
    every = tuple(towns)
    return (*(step for one in rounds for step in _round(one)), Step(every), Step((), every, every))


def _round(towns: tuple[str, ...]) -> Iterator[Step]:
    """Each telegram ends the warning before it, the last one only that; then officers lift what was ordered."""
    yield Step(towns[:1])
    for before, town in pairwise(towns):
        yield Step((town,), (before,))
    yield Step((), towns[-1:], towns)


def scenario_toml(steps: Sequence[Step]) -> str:
    """The scenario's file, with a stop of the clock after every telegram."""
    times = [BEGIN + (number + 1) * EVERY for number in range(len(steps))]
    stops = ", ".join((at + READ_AFTER).isoformat() for at in times)
    head = HEAD.format(start=BEGIN.isoformat(), end=(times[-1] + EVERY).isoformat(), stops=stops)
    rows = (_telegram(step, at, serial) for serial, (step, at) in enumerate(zip(steps, times, strict=True), 1))
    return head + "".join(rows)


def _telegram(step: Step, at: datetime, serial: int) -> str:
    return TELEGRAM.format(
        at=at.isoformat(),
        serial=serial,
        warned=", ".join(f'"{area}" = "発表"' for area in _areas(step.news)),
        lifted=", ".join(f'"{area}"' for area in _areas(step.over)),
    )


def _areas(towns: Iterable[str]) -> list[str]:
    return [area for town in towns for area in municipalities()[town].areas]
