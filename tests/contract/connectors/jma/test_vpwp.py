"""VPWP50: the time series of each municipality, slot by slot, against the telegram's own text."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree

from schemas.records.base import Hazard
from schemas.records.observed import Bulletin, Quantity
from tests.contract.connectors.jma.telegram_text import (
    DANGER,
    NAMES,
    by_area,
    hours,
    moment,
    opened,
    parsed,
    same_head,
    text,
)

Recorded = Callable[[str], Path]
NAMES_BY_TYPE = {
    "１時間最大雨量": "rain_1h",
    "２４時間最大雨量": "rain_24h",
    "最大風速": "wind",
    "波高": "wave",
    "潮位": "tide",
    "６時間最大降雪量": "snow",
    "２４時間最大降雪量": "snow",
    "最小湿度": "humidity",
    "実効湿度": "humidity",
}
Fact = tuple[str, str, str, float | None, datetime, datetime]


def written(file: Path) -> Iterator[tuple[str, Fact]]:
    """Area, then name, type, place, value, begin and end of every number of the series, as written."""
    for series in opened(file).xpath("//m:TimeSeriesInfo", namespaces=NAMES):
        slots = {define.get("timeId"): define for define in series.xpath(".//m:TimeDefine", namespaces=NAMES)}
        for item in series.xpath("m:Item", namespaces=NAMES):
            area, place = text(item, "m:Area/m:Code"), text(item, "m:Area/m:Name")
            for element in item.xpath(".//*[@refID]"):
                name, value = number(element)
                if name and element.get("refID") in slots:
                    slot = slots[element.get("refID")]
                    local = text(element, "../m:AreaName")
                    at = moment(text(slot, "m:DateTime"))
                    where = f"{place} {local}" if local else place
                    yield area, (name, element.get("type"), where, value, at, at + hours(text(slot, "m:Duration")))


def number(element: etree._Element) -> tuple[str | None, float | None]:
    """The quantity that an element of a slot is, and its value."""
    if etree.QName(element).localname == "Significancy":
        return "danger", DANGER.get(text(element, "m:Code"))
    name = NAMES_BY_TYPE.get(element.get("type") or "")
    return name, float(element.text) if name and element.text else None


class Said:
    """What a bulletin's quantities say: slots with the same number are one quantity."""

    def __init__(self, one: Bulletin) -> None:
        self._times: dict[tuple[str, str, float | None], list[Quantity]] = {}
        for quantity in (q for item in one.items if item.active for q in item.quantities):
            key = (quantity.name, quantity.subject_name, quantity.value)
            self._times.setdefault(key, []).append(quantity)

    def covers(self, fact: Fact) -> bool:
        """Whether this number is said of all of its slot."""
        name, _, where, value, at, until = fact
        return any(
            q.at and q.until and q.at <= at and until <= q.until for q in self._times.get((name, where, value), [])
        )


def spans(one: Bulletin) -> timedelta:
    """How much time all quantities of a bulletin speak for."""
    lengths = [q.until - q.at for i in one.items for q in i.quantities if q.at and q.until]
    return sum(lengths, timedelta())


ISSUES = ["01_241031", "02_241226", "03_241226", "04_241226", *(f"0{issue}_250630" for issue in range(1, 5))]
UNDEFINED = {"02_241226"}
"""JMA's own sample with numbers of a slot 3 that it does not define."""


@pytest.mark.parametrize("issue", ISSUES)
def test_every_slot_of_every_area_is_in_the_records(recorded: Recorded, issue: str) -> None:
    """Each number is there for its slot, and the records speak for no time more than the telegram does."""
    file = recorded(f"jma/samples/81_01_{issue}_VPWP50.xml")
    found = parsed(file)
    made, facts = by_area(found), list(written(file))
    assert [parked.reason for parked in found.parked] == (["unknown_slot"] if issue in UNDEFINED else [])
    assert made.keys() == {area for area, _ in facts}
    for area, one in made.items():
        said = list(dict.fromkeys(fact for named, fact in facts if named == area))
        index = Said(one)
        assert all(index.covers(fact) for fact in said)
        if issue not in UNDEFINED:  # it also says some slots twice, in rows of unlike length
            assert spans(one) == sum((until - at for *_, at, until in said), timedelta())
    same_head(file, found)


def test_what_the_transition_expects_is_in_its_items(recorded: Recorded) -> None:
    """VPWW54 has a series, too: each number of an area is with an item in force of that area."""
    real = ["keiho_niigata_samestate_1.xml", "keiho_niigata_samestate_2.xml"]
    samples = sorted(recorded("jma/samples").glob("*_VPWW54.xml"))
    seen = 0
    for file in [*samples, *(recorded(f"jma/real/2026-weather/{name}") for name in real)]:
        made = {area: Said(one) for area, one in by_area(parsed(file)).items()}
        for area, fact in written(file):
            assert made[area].covers(fact), (file.name, area, fact)
            seen += 1
    assert seen > 5000


def test_a_forecast_is_no_warning(recorded: Recorded) -> None:
    """No item has a level; each says what it is about."""
    made = by_area(parsed(recorded("jma/samples/81_01_01_250630_VPWP50.xml")))
    items = [item for one in made.values() for item in one.items]
    assert {item.level for item in items} == {None}
    assert {item.kind_name: item.hazard for item in items if item.hazard is not Hazard.OTHER} == {
        "大雨": Hazard.HEAVY_RAIN,
        "土砂災害": Hazard.LANDSLIDE,
        "高潮": Hazard.STORM_SURGE,
        "風": Hazard.STORM,
        "波": Hazard.WAVE,
        "雪": Hazard.SNOW,
    }


def test_equal_slots_are_one_quantity(recorded: Recorded) -> None:
    """Below level 2 for landslides in all 14 slots of three hours: one quantity, 6:00 to the next midnight."""
    made = by_area(parsed(recorded("jma/samples/81_01_01_250630_VPWP50.xml")))
    (item,) = [item for item in made["0121400"].items if item.hazard is Hazard.LANDSLIDE]
    (danger,) = item.quantities
    assert (danger.value, danger.condition) == (0.0, "警戒レベル２未満")
    assert danger.at == moment("2023-06-22T06:00:00+09:00")
    assert danger.until == moment("2023-06-24T00:00:00+09:00")
