"""A policy names criteria that exist, for its hazard and at its level: any other would never order."""

import tomllib
from pathlib import Path

import pytest

from console.criteria import check_named, criteria, of_hazard
from console.phrases import Incomplete
from schemas.records.base import Hazard

RULES = Path(__file__).parents[3] / "streams" / "rules.toml"


def test_the_desk_knows_the_very_criteria_that_are_evaluated() -> None:
    """Id, hazard, level and all sources of its conditions, as in rules.toml; those without an input are no choice."""
    rows = [row for row in tomllib.loads(RULES.read_text(encoding="utf8"))["rule"] if row.get("when")]
    said = {c.id: (c.hazard.value, c.level, set(c.source.split(","))) for c in criteria().values()}
    assert said == {
        row["id"]: (
            row["hazard"],
            row.get("level"),
            {tag for clause in row["when"] for tag in clause.get("source", row["source"]).split(",")},
        )
        for row in rows
    }


@pytest.mark.parametrize(
    ("names", "level", "says"),
    [
        ((), 4, "1つ以上"),
        (("LS-4z",), 4, "「LS-4z」はありません"),
        (("LS-4a", "FN-4a"), 4, "「FN-4a」は河川氾濫の発令基準です"),
        (("LS-3a",), 4, "「LS-3a」は警戒レベル３の発令基準です"),
    ],
)
def test_what_would_never_order_is_not_signed(names: tuple[str, ...], level: int, says: str) -> None:
    """Two officers would believe that the night is covered."""
    with pytest.raises(Incomplete, match=says):
        check_named(names, Hazard.LANDSLIDE, level)


def test_what_fits_is_taken() -> None:
    """LS-4a for 避難指示; a tsunami's order has no number."""
    check_named(("LS-4a", "LS-4b"), Hazard.LANDSLIDE, 4)
    check_named(("TS-4c",), Hazard.TSUNAMI, None)
    assert {c.id for c in of_hazard(Hazard.STORM_SURGE)} == {"SG-3", "SG-4", "SG-5"}
