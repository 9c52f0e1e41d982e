"""What still stands against lifting, in sentences. Nothing here lifts: officers do."""

from collections.abc import Iterator

from schemas.records.base import Hazard
from streams.detect.claims import claims_in, counting, spoken_for
from streams.detect.criteria import Lifting
from streams.detect.knowledge import THRESHOLD_NAME, Knowledge
from streams.detect.state import Watch

DANGER = 3


def missing(area: str, hazard: Hazard, state: Watch, knowledge: Knowledge) -> tuple[str, ...]:
    """The lifting conditions that do not hold yet; none if all do, or none are known for the hazard."""
    asked = knowledge.book.lifting.get(hazard)
    if asked is None:
        return ()
    return (
        *_official(area, asked, state, knowledge),
        *_stages(area, asked, state, knowledge),
        *(_rain(area, state, knowledge) if asked.dry else ()),
    )


def _official(area: str, asked: Lifting, state: Watch, knowledge: Knowledge) -> Iterator[str]:
    claims = counting(claims_in(state.slots, area), knowledge.book.carriers)
    for hazard in asked.official:
        for claim, item in spoken_for(claims, hazard)[:1]:
            if item.level > asked.at_most:
                yield f"{claim.carrier}が警戒レベル{asked.at_most}相当以下に下がるか解除されるまで({item.name})"
            elif item.level < 0 and hazard is Hazard.TSUNAMI:
                yield f"{claim.carrier}が解除されるまで({item.name})"


def _stages(area: str, asked: Lifting, state: Watch, knowledge: Knowledge) -> Iterator[str]:
    if asked.stage_below is None:
        return
    for code, station in state.stations.items():
        gauge = knowledge.gauges.get(code)
        if gauge is None or area not in gauge.areas or not station.crossings.over:
            continue
        names = [name for name, _ in gauge.thresholds]
        if asked.stage_below in names and station.crossings.over[names.index(asked.stage_below)]:
            yield f"{gauge.river} {gauge.name}が{THRESHOLD_NAME[asked.stage_below]}を下回るまで"


def _rain(area: str, state: Watch, knowledge: Knowledge) -> Iterator[str]:
    for code in sorted(knowledge.catchments.get(area, frozenset()) & state.rain.keys()):
        if state.rain[code].falling:
            yield f"流域の雨が止むまで({knowledge.rain_gauges.get(code, code)})"
    for claim in claims_in(state.slots, area):
        if any(n.name == "danger" and n.value >= DANGER and n.until > state.now for n in claim.statement.numbers):
            yield f"{claim.carrier}の危険度の予想が警戒レベル{DANGER}相当を下回るまで"
