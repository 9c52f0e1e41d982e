"""The storm that is measured: every warning is news, ends before the next, and can be played."""

from pathlib import Path

import pytest

from bench.storm import READ_AFTER, scenario_toml, storm
from local.scenario import load_scenario
from schemas.reference import municipalities

TOWNS = tuple(municipalities())


@pytest.mark.parametrize(("orders", "rounds"), [(1, 1), (33, 1), (34, 2), (200, 7)])
def test_every_order_has_its_own_telegram_and_every_round_its_end(orders: int, rounds: int) -> None:
    """200 orders of 33 municipalities are six whole rounds and two more; the last telegrams are about all."""
    *steps, everywhere, nowhere = storm(orders, TOWNS)
    warned = [town for step in steps for town in step.news]
    assert warned == [TOWNS[number % 33] for number in range(orders)]
    assert max(len(step.news) for step in steps) == 1
    assert len(steps) - len(warned) == rounds
    assert (everywhere.news, nowhere.over, nowhere.lifts) == (TOWNS, TOWNS, TOWNS)


def test_a_municipality_is_warned_only_when_it_is_not_and_has_no_order() -> None:
    """A second warning would be no news, and a second order is not issued before the first one was lifted."""
    standing, ordered = set[str](), set[str]()
    for step in storm(100, TOWNS):
        assert not set(step.news) & (standing | ordered)
        assert set(step.over) <= standing
        standing = (standing | set(step.news)) - set(step.over)
        ordered = (ordered | set(step.news)) - set(step.lifts)
    assert not standing | ordered


def test_the_file_is_a_scenario_that_stops_after_each_telegram(tmp_path: Path) -> None:
    """As the replay server reads it: what is new is announced, what was before is over."""
    file = tmp_path / "storm.toml"
    file.write_text(scenario_toml(storm(2, ["14205", "14100"])), encoding="utf8")
    telegrams = load_scenario(file).telegrams
    assert [set(telegram.warned) for telegram in telegrams] == [
        {"1420500"}, {"1410011", "1410012"}, set(), {"1420500", "1410011", "1410012"}, set(),
    ]  # fmt: skip
    assert [set(telegram.lifted) for telegram in telegrams] == [
        set(), {"1420500"}, {"1410011", "1410012"}, set(), {"1420500", "1410011", "1410012"},
    ]  # fmt: skip
    assert load_scenario(file).stops == tuple(telegram.at + READ_AFTER for telegram in telegrams)
