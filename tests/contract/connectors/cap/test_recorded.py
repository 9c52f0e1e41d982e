"""Every recorded CAP file becomes records or is parked with its reason, as docs/cap.md says."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from connectors.cap.parse import Heard, Reader
from connectors.cap.show import describe_cap
from connectors.places import Places
from local.child import ROOT
from schemas.records.base import Hazard, World
from schemas.reference import Area
from schemas.zones import zones
from tests.unit.connectors.cap.messages import heard
from tests.unit.connectors.writing import KANAGAWA, payload

PAGE = ROOT / "docs" / "cap.md"
HEAD = "| file | became | why |"


def table(folder: Path) -> list[str]:
    """The rows of the page, one per file."""
    return [_row(file) for file in sorted(folder.glob("*.cap"))]


def _row(file: Path) -> str:
    lines = describe_cap(payload(file.read_bytes()), KANAGAWA)
    parked = [line for line in lines if "parked" in line]
    if parked:
        return f"| `{file.name}` | parked: `{parked[0]['parked']}` | {parked[0]['text']} |"
    outside = any(line["kind"] == "outside" for line in lines)
    became, why = ("no record", "about no area of ours") if outside else ("read", f"{len(lines)} bulletins")
    return f"| `{file.name}` | {became} | {why} |"


def test_the_page_says_what_becomes_of_each_file(recorded: Callable[[str], Path]) -> None:
    """Word for word; a file more is a row more."""
    page = PAGE.read_text(encoding="utf8").splitlines()
    at = page.index(HEAD) + 2
    expected = table(recorded("cap"))
    assert page[at : at + len(expected)] == expected
    assert not page[at + len(expected)].startswith("|")


def test_the_pages_example_is_read_back() -> None:
    """One order for 藤沢市, in the world of exercises, with its level, hazard and kind."""
    page = PAGE.read_text(encoding="utf8")
    example = page.partition("```xml\n")[2].partition("```")[0]
    (one,) = heard(example.encode()).bulletins
    (item,) = one.items
    assert (one.world, one.area, one.title) == (World.EXERCISE, "1420500", "【訓練】境川に避難指示")
    assert (item.level, item.hazard, item.kind_code) == (4, Hazard.FLOOD, "evacuation_order")
    assert (one.office, item.active, item.status) == ("藤沢市", True, "Alert Evacuate")


def there(points: Mapping[str, tuple[float, float]]) -> Reader:
    """Places whose representative points lie there, anywhere on earth."""
    areas = {code: Area(code, f"area {code}", code[:5], "") for code in points}
    places = Places(areas, {}, {}, lambda code: (code,) if code in areas else (), replace(zones(), points=dict(points)))
    return Reader(places, judge_now=False)


def spoken(recorded: Callable[[str], Path], name: str, at: tuple[float, float]) -> Heard:
    """What a file says for one area whose point lies there."""
    return heard(recorded(f"cap/{name}").read_bytes(), reader=there({"9900001": at}))


def test_australia_by_its_circle(recorded: Callable[[str], Path]) -> None:
    """A fire within 25 km of 35.3888 S, 147.0598 E, told twice in one language: one item."""
    (one,) = spoken(recorded, "australia.cap", (-35.4, 147.1)).bulletins
    assert one.title == "Yerong Creek Structure Fire"
    (item,) = one.items
    assert (item.kind_code, item.hazard, item.level, item.active) == ("fire", Hazard.OTHER, None, True)
    assert item.summary.startswith("Minor / Expected / Observed.")
    assert spoken(recorded, "australia.cap", (-35.7, 147.1)).bulletins == ()


def test_canada_by_its_polygon_and_in_english(recorded: Callable[[str], Path]) -> None:
    """An update in two languages whose response is AllClear: over."""
    (one,) = spoken(recorded, "canada.cap", (42.2, -82.8)).bulletins
    assert (one.title, one.office) == ("severe thunderstorm watch", "Environment Canada")
    (item,) = one.items
    assert (item.hazard, item.active, item.status) == (Hazard.STORM, False, "Update AllClear")
    assert item.subject_name == "Windsor - Leamington - Essex County"


def test_an_earthquake_by_a_circle_without_extent(recorded: Callable[[str], Path]) -> None:
    """Exactly there: 16.053 S, 173.274 W. CAP 1.1, in force until it expires."""
    (one,) = spoken(recorded, "earthquake.cap", (-16.053, -173.274)).bulletins
    (item,) = one.items
    assert (one.title, item.kind_code) == ("EQ 6.3 Neiafu, Tonga - PRELIMINARY REPORT", "EQW")
    assert item.valid_until is not None
    assert item.valid_until.isoformat() == "2010-09-02T05:09:25+00:00"
    assert [quantity.value for quantity in item.quantities] == [None, 1.0, 3.0]


def test_areas_by_codes_of_other_lists_are_nobodys_here(recorded: Callable[[str], Path]) -> None:
    """UGC, FIPS and NWS zones: read, and about no area of ours."""
    for name in ("weather.cap", "wcatwc-warning.cap"):
        found = heard(recorded(f"cap/{name}").read_bytes(), reader=there({"9900001": (46.6, -112.0)}))
        assert (found.bulletins, found.parked, found.note) == ((), (), "outside")


if __name__ == "__main__":
    print("\n".join([HEAD, "|---|---|---|", *table(ROOT.parent / "shared" / "data" / "cap")]))
