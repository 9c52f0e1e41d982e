"""A storm for the kill tests: the Sakai River's record, and landslide telegrams over 35 areas that never stop changing.

The facts are written here, in words that a test can compare with: which areas each telegram warns of, and the stages.
"""

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from local.scenario import DEFAULT_SCENARIO, JST, Scenario, load_scenario
from schemas.reference import areas

START = datetime(2026, 9, 21, 13, 0, tzinfo=JST)
END = datetime(2026, 9, 23, 7, 0, tzinfo=JST)
EVERY = timedelta(minutes=20)
TURN, WARNED_OF_TURN = 4, 2


@dataclass(frozen=True, slots=True)
class Storm:
    """The scenario's file, what it says, and which areas the n-th telegram warns of."""

    file: Path
    scenario: Scenario

    def telegrams(self, now: datetime) -> list[tuple[datetime, frozenset[str]]]:
        """(time of report, areas at level 4) of every telegram that was served by `now`."""
        served = [telegram for telegram in self.scenario.telegrams if telegram.at <= now]
        return [(telegram.at, frozenset(telegram.warned)) for telegram in served]

    def bulletins(self, now: datetime) -> set[tuple[str, datetime]]:
        """(area, time of report): every telegram speaks of every area."""
        return {(area, at) for at, _ in self.telegrams(now) for area in areas()}

    def readings(self, now: datetime) -> set[tuple[str, datetime]]:
        """(station, time of observation) of every value that was published after the start and by `now`."""
        return {
            (gauge.station, at)
            for gauge in self.scenario.gauges
            for at, stage in gauge.stages
            if stage is not None and self.scenario.start < at + gauge.published_after <= now
        }

    def levels(self, area: str, now: datetime) -> list[tuple[datetime, bool]]:
        """When the area came to level 4 (True) and left it (False)."""
        rows: list[tuple[datetime, bool]] = []
        for at, warned in self.telegrams(now):
            if (area in warned) != (bool(rows) and rows[-1][1]):
                rows.append((at, area in warned))
        return rows


def write_storm(folder: Path) -> Storm:
    """Write the scenario's file into `folder`."""
    (gauge,) = tomllib.loads(DEFAULT_SCENARIO.read_text(encoding="utf8"))["gauge"]
    head = (
        'title = "storm"\nbanner = "REPLAY for a test"\nbanner_short = "REPLAY for a test"\n'
        f"start = {START.isoformat()}\nend = {END.isoformat()}\n\n"
        '[sources]\nstage = "Sakai River, measured"\nlandslide = "made up"\n\n'
        f'[[gauge]]\nstation = "{gauge["station"]}"\npublished_after_min = 3\nstages = """{gauge["stages"]}"""\n'
    )
    file = folder / "storm.toml"
    file.write_text(head + "".join(_telegram(number) for number in range((END - START) // EVERY)), encoding="utf8")
    return Storm(file, load_scenario(file))


def _warned(number: int) -> list[str]:
    """Half of all areas; at every telegram a quarter of all joins, and a quarter leaves."""
    return [area for place, area in enumerate(sorted(areas())) if (place + number) % TURN < WARNED_OF_TURN]


def _telegram(number: int) -> str:
    now, before = _warned(number), _warned(number - 1) if number else []
    warned = ", ".join(f'{area} = "{"継続" if area in before else "発表"}"' for area in now)
    lifted = ", ".join(f'"{area}"' for area in before if area not in now)
    at = START + timedelta(minutes=5) + number * EVERY
    return (
        f'\n[[telegram]]\ncarrier = "VXWW50"\nat = {at.isoformat()}\nserial = {number + 1}\noriginal = "made up"\n'
        f'headline = "試験のための電文"\nwarned = {{ {warned} }}\nlifted = [{lifted}]\n'
    )
