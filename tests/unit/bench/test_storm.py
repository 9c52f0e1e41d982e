"""The storm that is measured: every warning is news once, stands until its cycle ends, and can be played."""

from pathlib import Path

import pytest

from bench.storm import READ_AFTER, scenario_toml, storm
from local.scenario import load_scenario
from schemas.reference import municipalities

TOWNS = tuple(municipalities())


@pytest.mark.parametrize(("orders", "cycles"), [(1, 1), (33, 1), (34, 2), (200, 7)])
def test_every_order_has_its_warning_and_every_cycle_its_end(orders: int, cycles: int) -> None:
    """200 orders of 33 municipalities are six whole cycles and two more."""
    steps = storm(orders, TOWNS)
    warned = [step.town for step in steps if step.town]
    assert warned == [TOWNS[number % 33] for number in range(orders)]
    assert len(steps) - len(warned) == cycles
    assert steps[-1].town is None


def test_a_municipality_is_warned_only_when_it_is_not() -> None:
    """A second warning of the same would be no news, and no order."""
    standing: set[str] = set()
    for step in storm(100, TOWNS):
        assert set(step.standing) == standing
        if step.town is None:
            standing = set()
        else:
            assert step.town not in standing
            standing.add(step.town)


def test_the_file_is_a_scenario_that_stops_after_each_telegram(tmp_path: Path) -> None:
    """As the replay server reads it: what stands is repeated, what is new is announced, the last one lifts all."""
    file = tmp_path / "storm.toml"
    file.write_text(scenario_toml(storm(2, ["14205", "14100"])), encoding="utf8")
    first, second, last = load_scenario(file).telegrams
    assert first.warned == {"1420500": "発表"}
    assert second.warned == {"1420500": "継続", "1410011": "発表", "1410012": "発表"}
    assert (last.warned, set(last.lifted)) == ({}, {"1420500", "1410011", "1410012"})
    assert load_scenario(file).stops == tuple(telegram.at + READ_AFTER for telegram in (first, second, last))
