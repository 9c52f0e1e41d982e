"""The gauge chart: thresholds where they are, gaps as gaps, the newest value with its place."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from console.charts import NARROW, WIDE, Frame, change, chart, to_next
from schemas.records.observed import Quality, Reading
from tests.unit.console.records import AT, minutes, reading

LONGEST_LABEL = 5 * 12.5 + 5 * 7.0
"""水防団待機 and its metres at the larger of the two sizes of desk.css, in units of the drawing."""
SAKAI = {"L1": 4.00, "L2": 4.50, "L3": 5.20, "L4": 5.65}


def rising(hours: int = 6, skip: range = range(0)) -> tuple[Reading, ...]:
    """One value every ten minutes up to AT, without those `skip` steps ago."""
    steps = [n for n in range(hours * 6, -1, -1) if n not in skip]
    return tuple(reading(AT - minutes(10 * n), round(4.92 - 0.05 * n, 2)) for n in steps)


def test_higher_values_lie_higher() -> None:
    """Level 4 above level 3 above the newest value, all inside the frame."""
    drawn = chart(rising(), SAKAI, AT)
    heights = [line.y for line in drawn.lines]
    assert [line.name for line in drawn.lines] == ["L1", "L2", "L3", "L4"]
    assert heights == sorted(heights, reverse=True)
    assert heights[2] < drawn.last_y < heights[1], "4.92 m lies between 5.20 m and 4.50 m"
    assert drawn.top <= min(heights)
    assert max(heights) <= drawn.bottom


def test_time_runs_to_now() -> None:
    """The newest value of this moment stands at the right edge; 24 hours ago is the left one."""
    drawn = chart(rising(), SAKAI, AT)
    assert drawn.last_x == drawn.right == WIDE.width - WIDE.right
    (path,) = drawn.paths
    first_x = float(path.split(" ")[0].split(",")[0])
    quarter = drawn.left + (drawn.right - drawn.left) * 18 / 24
    assert abs(first_x - quarter) < 0.2, "six hours of values fill the last quarter"


def test_a_gap_is_drawn_as_a_gap() -> None:
    """Nineteen values are missing in the middle (15:50–19:00 in the record): two lines and a hatched stretch."""
    drawn = chart(rising(12, skip=range(20, 39)), SAKAI, AT)
    assert len(drawn.paths) == 2
    (gap,) = drawn.gaps
    assert (gap.began_at, gap.ended_at) == (AT - minutes(390), AT - minutes(190))


def test_silence_up_to_now_is_a_gap_too() -> None:
    """The last value is three hours old: the chart shows it where it was, and nothing after it."""
    drawn = chart(rising(), SAKAI, AT + timedelta(hours=3))
    assert drawn.gaps[-1].ended_at is None
    assert drawn.last is not None
    assert drawn.last.observed_at == AT
    assert drawn.last_x < drawn.right


def test_missing_and_stuck_values_are_not_drawn() -> None:
    """A sentinel is no stage."""
    values = (
        *rising(1),
        reading(AT + minutes(10), None, Quality.MISSING),
        reading(AT + minutes(20), 9.9, Quality.STUCK),
    )
    drawn = chart(values, SAKAI, AT + minutes(20))
    assert drawn.last is not None
    assert drawn.last.value == 4.92


def test_nothing_to_draw_is_no_error() -> None:
    """A gauge without values or thresholds still gives an empty chart."""
    drawn = chart((), {}, AT, NARROW)
    assert (drawn.paths, drawn.lines, drawn.last) == ((), (), None)


def test_labels_of_close_thresholds_stand_apart() -> None:
    """新崎橋 has level 2 and 3 five centimetres apart (1.15 m, 1.20 m)."""
    drawn = chart((reading(AT, 0.5),), {"L1": 0.80, "L2": 1.15, "L3": 1.20, "L4": 1.65}, AT)
    labels = [line.label_y for line in drawn.lines]
    assert min(a - b for a, b in pairwise(labels)) >= 14


@given(st.lists(st.integers(0, 400), max_size=5, unique=True), st.floats(0.0, 60.0), st.sampled_from([WIDE, NARROW]))
def test_no_label_hides_the_curve_or_another_label(centimetres: list[int], stage: float, frame: Frame) -> None:
    """However close the thresholds and wherever the peak: labels stand in the margin, inside the drawing, apart."""
    heights = {name: cm / 100 for name, cm in zip(("L1", "L2", "L3", "L4", "FS"), sorted(centimetres), strict=False)}
    drawn = chart((reading(AT - minutes(10), 0.1), reading(AT, stage)), heights, AT, frame)
    labels = [line.label_y for line in drawn.lines]
    assert all(a - b >= 14 - 1e-6 for a, b in pairwise(labels))
    assert all(drawn.top <= y <= drawn.bottom for y in labels)
    points = [float(point.split(",")[0]) for path in drawn.paths for point in path.split(" ")]
    assert max(points) <= drawn.right
    assert drawn.width - drawn.right >= LONGEST_LABEL


def test_change_over_minutes() -> None:
    """0.05 m every ten minutes; over a time without a value there is no change to show."""
    assert change(rising(), 10) == 0.05
    assert change(rising(), 60) == 0.30
    assert change(rising(2, skip=range(3, 4)), 30) is None
    assert change((), 10) is None


def test_distance_to_the_next_threshold() -> None:
    """0.28 m below level 3; above level 4 there is none."""
    assert to_next(4.92, SAKAI) == ("L3", 0.28)
    assert to_next(5.70, SAKAI) is None
    assert to_next(4.92, {}) is None
