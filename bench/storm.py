"""A storm as a scenario file: landslide telegrams that each warn one municipality more, then one that ends them all."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle, islice

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
    """One telegram: `town` is warned by it for the first time, or None where it ends what `standing` says."""

    town: str | None
    standing: tuple[str, ...]


def storm(orders: int, towns: Sequence[str]) -> tuple[Step, ...]:
    """Steps that warn `orders` times, town after town; all warnings end when every town had one, and at the end."""
    return tuple(_steps(islice(cycle(towns), orders), len(towns)))


def _steps(warned: Iterable[str], most: int) -> Iterator[Step]:
    standing: tuple[str, ...] = ()
    for town in warned:
        yield Step(town, standing)
        standing = (*standing, town)
        if len(standing) == most:
            yield Step(None, standing)
            standing = ()
    if standing:
        yield Step(None, standing)


def scenario_toml(steps: Sequence[Step]) -> str:
    """The scenario's file, with a stop of the clock after every telegram."""
    times = [BEGIN + (number + 1) * EVERY for number in range(len(steps))]
    stops = ", ".join((at + READ_AFTER).isoformat() for at in times)
    head = HEAD.format(start=BEGIN.isoformat(), end=(times[-1] + EVERY).isoformat(), stops=stops)
    rows = (_telegram(step, at, serial) for serial, (step, at) in enumerate(zip(steps, times, strict=True), 1))
    return head + "".join(rows)


def _telegram(step: Step, at: datetime, serial: int) -> str:
    standing = _areas(step.standing)
    warned = dict.fromkeys(standing, "継続") | dict.fromkeys(_areas([step.town]), "発表") if step.town else {}
    lifted = [] if step.town else standing
    return TELEGRAM.format(
        at=at.isoformat(),
        serial=serial,
        warned=", ".join(f'"{area}" = "{status}"' for area, status in warned.items()),
        lifted=", ".join(f'"{area}"' for area in lifted),
    )


def _areas(towns: Iterable[str]) -> list[str]:
    return [area for town in towns for area in municipalities()[town].areas]
