"""Seeded rivers of a made-up country: gauges, their municipalities, and what each poll brings, rain or shine."""

import json
import math
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from schemas.records.base import Origin, Trace, World, content_id
from schemas.records.observed import PollOutcome, Quality, Reading, ReadingBatch
from streams.detect.knowledge import AreaFacts, GaugeFacts, Knowledge
from streams.knowledge import load_knowledge

EVERY = timedelta(minutes=10)
THRESHOLDS = (("L1", 3.0), ("L2", 3.5), ("L3", 4.0), ("L4", 4.5))
CLASSES = ("洪水予報河川", "水位周知河川", "その他河川")
BASE_M, FLOOD_M, RISE_ROUNDS = 1.0, 4.2, 9
SOURCE = "measured"


@dataclass(frozen=True, slots=True)
class Spec:
    """One run: `floods` is the share of gauges that see a flood, `began` the epoch seconds of its first round."""

    towns: int
    gauges: int
    rounds: int
    warm_rounds: int
    floods: float
    began: int
    seed: int = 4

    @property
    def messages(self) -> int:
        """All of them, warm-up included: one for each municipality and round."""
        return self.towns * self.rounds

    @property
    def warm(self) -> int:
        """Messages before the measuring begins."""
        return self.towns * self.warm_rounds

    def text(self) -> str:
        """For a command line."""
        return json.dumps(asdict(self))

    @classmethod
    def of(cls, text: str) -> "Spec":
        """From a command line."""
        return cls(**json.loads(text))


def towns_of(spec: Spec) -> list[str]:
    """Codes of five digits."""
    return [f"{1000 + number:05d}" for number in range(spec.towns)]


def gauges_of(spec: Spec, town: str) -> list[str]:
    """Station ids of one municipality, in order."""
    return [f"8{town}{number:06d}" for number in range(spec.gauges)]


def knowledge_of(spec: Spec) -> Knowledge:
    """The real rules over the made-up gauges: every gauge has thresholds."""
    areas, gauges = {}, {}
    for town in towns_of(spec):
        area = f"{town}00"
        areas[area] = AreaFacts(area, town, town)
        for number, code in enumerate(gauges_of(spec, town)):
            gauges[code] = GaugeFacts(code, code, town, CLASSES[number % 3], (area,), THRESHOLDS)
    return Knowledge(gauges, areas, load_knowledge().book)


def batches(spec: Spec) -> Iterator[ReadingBatch]:
    """Round by round, in each round every municipality: stages that a calm or a flooded river would show."""
    chance = random.Random(spec.seed)
    starts = {code: _flood(spec, chance) for town in towns_of(spec) for code in gauges_of(spec, town)}
    for number in range(spec.rounds):
        at = datetime.fromtimestamp(spec.began, UTC) + number * EVERY
        for town in towns_of(spec):
            codes = gauges_of(spec, town)
            readings = tuple(
                Reading(code, "stage", _stage(number, starts[code], chance), "m", at, Quality.VALID, 0)
                for code in codes
            )
            batch_id = content_id("measured", town, number)
            yield ReadingBatch(
                *(batch_id, World.ACTUAL, Origin.LIVE, SOURCE, town, at + timedelta(minutes=3)),
                *(PollOutcome.NEW, None, tuple(codes), readings, Trace(batch_id, at), at),
            )


def _flood(spec: Spec, chance: random.Random) -> int | None:
    """The round in which a gauge begins to rise; None for a calm one."""
    return chance.randrange(spec.rounds) if chance.random() < spec.floods else None


def _stage(number: int, start: int | None, chance: random.Random) -> float:
    wave = 0.0
    if start is not None and number >= start:
        wave = FLOOD_M * math.sin(min(math.pi, (number - start) / RISE_ROUNDS * math.pi / 2)) ** 2
    return round(BASE_M + wave + 0.02 * chance.random(), 2)
