"""Scenarios: facts with their sources, read from a TOML file. wire.py renders them as the sources would send them.

A scenario restates facts (stages with times, official levels per area). It may name recorded files instead of restating
them; their bytes are then served as they are, from a folder outside the project.
"""

import csv
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

SCENARIOS = Path(__file__).with_name("scenarios")
DEFAULT_SCENARIO = SCENARIOS / "sakai-and-landslide.toml"
JST = timezone(timedelta(hours=9), "JST")
STEP = timedelta(minutes=10)


class BadScenario(ValueError):
    """The file does not say what a scenario must say; the message names the place."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """One gauge's stages, in metres; None is a slot without a reading. `published_after` is how late the source is."""

    station: str
    published_after: timedelta
    stages: tuple[tuple[datetime, float | None], ...]


@dataclass(frozen=True, slots=True)
class Telegram:
    """One telegram: rendered from facts (`warned` maps an area to its status), or the bytes of a recorded `file`."""

    carrier: str
    at: datetime
    serial: int
    headline: str
    original: str
    warned: dict[str, str]
    lifted: tuple[str, ...]
    file: Path | None

    @property
    def name(self) -> str:
        """The file name it has in JMA's feed: issue time (UTC), number, data type, prefecture."""
        return f"{self.at.astimezone(UTC):%Y%m%d%H%M%S}_{self.serial}_{self.carrier}_140000.xml"


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happens, from `start` to `end` (aware); `banner` says on every screen that it is a replay.

    At `stops` the clock stands still until somebody resumes it: people act there.
    """

    title: str
    banner: str
    banner_short: str
    start: datetime
    end: datetime
    sources: dict[str, str]
    gauges: tuple[Gauge, ...]
    telegrams: tuple[Telegram, ...]
    stops: tuple[datetime, ...]

    def moments(self) -> tuple[datetime, ...]:
        """When something becomes readable, in order: where the clock stops on its way."""
        shown = {at + gauge.published_after for gauge in self.gauges for at, _ in gauge.stages}
        shown |= {telegram.at + timedelta(seconds=25) for telegram in self.telegrams}
        return tuple(sorted(at for at in shown | {self.end} if self.start < at <= self.end))


def load_scenario(path: Path, data: Path | None = None) -> Scenario:
    """Read a scenario; `data` is the folder that its recorded files are named from. Raises BadScenario."""
    try:
        plain = tomllib.loads(path.read_text(encoding="utf8"))
        return Scenario(
            title=plain["title"],
            banner=plain["banner"],
            banner_short=plain["banner_short"],
            start=_aware(plain["start"]),
            end=_aware(plain["end"]),
            sources=plain["sources"],
            gauges=tuple(_gauge(row, data) for row in plain.get("gauge", [])),
            telegrams=tuple(sorted((_telegram(row, data) for row in plain.get("telegram", [])), key=lambda t: t.at)),
            stops=tuple(sorted(_aware(stop) for stop in plain.get("stops", []))),
        )
    except (KeyError, ValueError, TypeError, OSError) as error:
        raise BadScenario(f"{path.name}: {type(error).__name__}: {error}") from error


def _gauge(row: dict[str, Any], data: Path | None) -> Gauge:
    stages = _recorded_stages(_inside(data, row["recorded"])) if "recorded" in row else _stages(row["stages"])
    return Gauge(row["station"], timedelta(minutes=row["published_after_min"]), stages)


def _stages(table: str) -> tuple[tuple[datetime, float | None], ...]:
    """Rows of `YYYY-MM-DD HH:00` and six columns, JST."""
    slots = []
    for line in table.strip().splitlines():
        day, hour, *columns = line.split()
        if len(columns) != 6:
            raise ValueError(f"the row of {day} {hour} has {len(columns)} columns, not 6")
        first = datetime.strptime(f"{day} {hour} +0900", "%Y-%m-%d %H:%M %z")
        slots += [(first + i * STEP, None if cell == "-" else float(cell)) for i, cell in enumerate(columns)]
    return _trimmed(slots)


def _recorded_stages(path: Path) -> tuple[tuple[datetime, float | None], ...]:
    """A recorded CSV `observed_at,value[,suspect]` with naive JST times, put on its 10-minute slots."""
    with path.open(encoding="utf8", newline="") as file:
        known = {
            datetime.fromisoformat(r["observed_at"]).replace(tzinfo=JST): float(r["value"])
            for r in csv.DictReader(file)
        }
    first, last = min(known), max(known)
    slots = [first + i * STEP for i in range(int((last - first) / STEP) + 1)]
    return tuple((at, known.get(at)) for at in slots)


def _trimmed(slots: list[tuple[datetime, float | None]]) -> tuple[tuple[datetime, float | None], ...]:
    """Without the empty slots before the first and after the last reading."""
    filled = [i for i, (_, stage) in enumerate(slots) if stage is not None]
    if not filled:
        raise ValueError("a gauge without a single stage")
    return tuple(slots[filled[0] : filled[-1] + 1])


def _telegram(row: dict[str, Any], data: Path | None) -> Telegram:
    return Telegram(
        carrier=row["carrier"],
        at=_aware(row["at"]),
        serial=row["serial"],
        headline=row.get("headline", ""),
        original=row["original"],
        warned=row.get("warned", {}),
        lifted=tuple(row.get("lifted", ())),
        file=_inside(data, row["recorded"]) if "recorded" in row else None,
    )


def _inside(data: Path | None, name: str) -> Path:
    if data is None:
        raise ValueError(f"{name} is recorded data: say where it lies with SONAE_DATA")
    path = (data / name).resolve()
    if not path.is_relative_to(data.resolve()):
        raise ValueError(f"{name} lies outside the folder of recorded data")
    return path


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"{value} has no time zone")
    return value
