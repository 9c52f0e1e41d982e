"""`python -m streams backtest`: two tables in, one table out, and nothing known before it arrived."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.backtest import OUT_COLUMNS, main

HEADER = "station,area,river,river_class,threshold,threshold_m\n"
GAUGES = HEADER + "".join(f"g,1420500,川,水位周知河川,{name},{height}\n" for name, height in (("L1", 4.0), ("L2", 4.5)))
READINGS = "station,time,stage_m,quality\n"


def run(folder: Path, readings: str, gauges: str = GAUGES) -> list[dict[str, str]]:
    """The rows of the table that it writes."""
    paths = [folder / name for name in ("g.csv", "r.csv", "d.csv")]
    paths[0].write_text(gauges, encoding="utf8")
    paths[1].write_text(readings, encoding="utf8")
    assert main(["--gauges", str(paths[0]), "--readings", str(paths[1]), "--out", str(paths[2])]) == 0
    with paths[2].open(encoding="utf8") as file:
        table = csv.DictReader(file)
        assert tuple(table.fieldnames or ()) == OUT_COLUMNS
        return list(table)


def rows(*values: float | str, start_hour: int = 10, late_min: int | None = None) -> str:
    """Stages ten minutes apart from 10:00 JST; with `late_min`, each arrives that much later."""
    lines = [READINGS.strip() + (",arrived_at" if late_min is not None else "")]
    for i, value in enumerate(values):
        minute = 10 * i
        cells = ["g", f"2026-09-21T{start_hour + minute // 60:02}:{minute % 60:02}:00+09:00", str(value), "valid"]
        if late_min is not None:
            cells.append(
                f"2026-09-21T{start_hour + (minute + late_min) // 60:02}:{(minute + late_min) % 60:02}:00+09:00"
            )
        lines.append(",".join(cells))
    return "\n".join(lines) + "\n"


def test_an_episode_per_threshold_and_per_approach(tmp_path: Path) -> None:
    """0.2 m in ten minutes: L1 is an hour away at 2.8 m; four samples are needed for a trend."""
    found = run(tmp_path, rows(2.0, 2.2, 2.4, 2.6, 2.8, 3.0, 3.2, 3.4, 3.6, 3.8, 4.0))
    kinds = [(r["kind"], r["threshold"], r["start"], r["end"]) for r in found]
    assert kinds == [
        ("trend", "L1", "2026-09-21T01:40:00+00:00", "2026-09-21T02:40:00+00:00"),
        ("trend", "L2", "2026-09-21T02:10:00+00:00", ""),
        ("threshold", "L1", "2026-09-21T02:40:00+00:00", ""),
    ]
    assert float(found[0]["lead_min_low"]) <= 60 <= float(found[0]["lead_min_high"])


def test_it_is_causal(tmp_path: Path) -> None:
    """Readings that arrive 15 minutes late give episodes that start 15 minutes later."""
    values = (2.0, 2.2, 2.4, 2.6, 2.8, 3.0, 3.2, 3.4, 3.6, 3.8, 4.0)
    late = run(tmp_path, rows(*values, late_min=15))
    assert [r["start"] for r in late if r["kind"] == "threshold"] == ["2026-09-21T02:55:00+00:00"]


def test_silence_begins_when_the_limit_is_passed_and_ends_with_data(tmp_path: Path) -> None:
    """A gap of an hour: stale 20 minutes after the last value."""
    gap = rows(2.0, 2.0) + rows(2.0, 2.0, start_hour=11).split("\n", 1)[1]
    assert [(r["kind"], r["threshold"], r["start"], r["end"]) for r in run(tmp_path, gap)] == [
        ("silence", "", "2026-09-21T01:30:00+00:00", "2026-09-21T02:00:00+00:00")
    ]


def test_a_spike_and_a_closed_gauge_start_nothing(tmp_path: Path) -> None:
    """One sample of 9 m; a code of 140 (閉局) with a value of 0 beside it."""
    assert run(tmp_path, rows(2.0, 2.0, 9.0, 2.0, 2.0)) == []
    closed = rows(2.0, 2.0, 2.0, 2.0).replace("10:10:00+09:00,2.0,valid", "10:10:00+09:00,0,140")
    assert run(tmp_path, closed) == []


def test_the_sakai_river(tmp_path: Path, recorded: Callable[[str], Path]) -> None:
    """境川橋 2026-09-20..23: L1 twice, L2 once from 15:00 on the 21st; L3 and L4 never."""
    with recorded("river/sakaigawa_10min/sakaigawabashi_level_10min_20260920-0923.csv").open(encoding="utf8") as file:
        lines = [f"s,{r['observed_at']}+09:00,{r['value']}," for r in csv.DictReader(file)]
    heights = {"L1": 4.00, "L2": 4.50, "L3": 5.20, "L4": 5.65}
    gauges = HEADER + "".join(f"s,1420500,境川,水位周知河川,{n},{h}\n" for n, h in heights.items())
    found = run(tmp_path, READINGS + "\n".join(lines) + "\n", gauges)
    crossed = [(r["threshold"], r["start"], r["end"]) for r in found if r["kind"] == "threshold"]
    assert crossed == [
        ("L1", "2026-09-20T13:50:00+00:00", "2026-09-20T16:30:00+00:00"),
        ("L1", "2026-09-21T05:30:00+00:00", "2026-09-21T11:10:00+00:00"),
        ("L2", "2026-09-21T06:00:00+00:00", "2026-09-21T10:30:00+00:00"),
    ]
    assert ("2026-09-21T07:10:00+00:00", "2026-09-21T10:00:00+00:00") in [
        (r["start"], r["end"]) for r in found if r["kind"] == "silence"
    ]


@pytest.mark.parametrize(
    ("readings", "gauges", "says"),
    [
        (READINGS + "g,2026-09-21T10:00:00,4,valid\n", GAUGES, "has no offset"),
        (READINGS + "g,yesterday,4,valid\n", GAUGES, "no ISO 8601 time"),
        (READINGS + "g,2026-09-21T10:00:00Z,high,valid\n", GAUGES, "no number of metres"),
        (READINGS + "g,2026-09-21T10:00:00Z,4,fine\n", GAUGES, "quality 'fine'"),
        ("station,time\n", GAUGES, "lacks the column"),
        (READINGS, "station\n", "lacks the column"),
    ],
)
def test_a_table_that_cannot_be_read_is_named_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], readings: str, gauges: str, says: str
) -> None:
    """Exit code 2 and one sentence."""
    (tmp_path / "g.csv").write_text(gauges, encoding="utf8")
    (tmp_path / "r.csv").write_text(readings, encoding="utf8")
    names = ["--gauges", "g.csv", "--readings", "r.csv", "--out", "d.csv"]
    assert main([str(tmp_path / n) if n.endswith(".csv") else n for n in names]) == 2
    assert says in capsys.readouterr().err


def test_a_network_and_rain_are_checked_and_change_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both are optional; a wrong one is named with its line, and stops nothing."""
    told = rows(2.0, 2.2, 2.4, 2.6, 2.8, 3.0)
    without = run(tmp_path, told)
    extra = {
        "network": "station,upstream,travel_min\ng,h,40\n",
        "rain": "station,time,rain_mm\nr,2026-09-21T10:00Z,3\n",
    }
    for name, text in extra.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf8")
    words = [f"--{n}={tmp_path / p}" for n, p in (("gauges", "g.csv"), ("readings", "r.csv"), ("out", "d2.csv"))]
    words += [f"--{name}={tmp_path / name}.csv" for name in extra]
    assert main(words) == 0
    with (tmp_path / "d2.csv").open(encoding="utf8") as file:
        assert list(csv.DictReader(file)) == without
    (tmp_path / "network.csv").write_text(extra["network"].replace("40", "soon"), encoding="utf8")
    assert main(words) == 0
    assert "network.csv line 2: 'soon' is no number of minutes; going on without it" in capsys.readouterr().err
