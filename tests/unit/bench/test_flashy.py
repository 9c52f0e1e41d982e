"""Stand-ins are made the same every time, and do what they say."""

import numpy as np

from bench.flashy import flashy
from bench.floods import Record, by_season, faster, with_tide

STEPS = np.arange(30 * 144, dtype=np.float64)
BUMP = 2.0 * np.exp(-(((STEPS - 2000) / 100) ** 2))
SLOW: Record = {"g": (1_577_836_800.0 + 600 * STEPS, np.round(1.0 + BUMP, 3))}


def test_the_same_seed_gives_the_same_month() -> None:
    """So that two runs can be compared."""
    first, again, other = flashy(SLOW, range(1)), flashy(SLOW, range(1)), flashy(SLOW, range(1, 2))
    assert np.array_equal(first["gf0"][1], again["gf0"][1])
    assert not np.array_equal(first["gf0"][1], other["gf1"][1])


def test_a_faster_flood_keeps_its_gauge_s_own_pace() -> None:
    """Ten minutes between values, a third of the values."""
    times, values = faster(SLOW, 3)["gx3"]
    assert np.allclose(np.diff(times), 600)
    assert len(values) == len(STEPS) // 3
    assert abs(values.max() - 3.0) < 0.01


def test_a_tide_moves_a_calm_gauge_by_its_range() -> None:
    """And leaves the flood in it."""
    _, values = with_tide(SLOW, 0.8, 7)["gt"]
    calm = values[:1000]
    assert 0.4 < calm.max() - calm.min() < 1.0


def test_seasons_are_cut_by_day() -> None:
    """A record of 30 days has one."""
    parts = by_season(SLOW)
    assert [len(v) for _, v in parts.values()] == [len(STEPS), 0, 0, 0]
