"""docs/telegrams.md: its table is what the command prints for every recorded telegram, feed and CAP message."""

import io
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from connectors.everywhere import everywhere
from connectors.jma.telegram import parse_telegram
from connectors.kinds_table import print_table
from tests.unit.connectors.writing import AT, bulletins, payload

DOCUMENT = Path(__file__).parents[2] / "docs" / "telegrams.md"
TABLE = re.compile(r"<!-- table: .*? -->\n(.*?)\n?<!-- end -->", re.DOTALL)


def recorded_files(recorded: Callable[[str], Path]) -> list[Path]:
    """Every XML file of JMA's and every CAP message."""
    return [*sorted(recorded("jma").rglob("*.xml")), *sorted(recorded("cap").glob("*.cap"))]


@cache
def remade(files: tuple[Path, ...]) -> str:
    """What the command prints for these files."""
    out = io.StringIO()
    assert print_table(files, out, all_of_japan=True) == 0
    return out.getvalue()


def test_the_table_is_true(recorded: Callable[[str], Path]) -> None:
    """Remake it with: python -m connectors parse --everywhere --table FILE…"""
    written = TABLE.search(DOCUMENT.read_text("utf8"))
    assert written is not None
    assert written.group(1).splitlines() == remade(tuple(recorded_files(recorded))).splitlines()


def test_no_recorded_telegram_is_parked_without_a_known_reason(recorded: Callable[[str], Path]) -> None:
    """No title that nobody knows, no section that nobody found, no fault of ours."""
    rows = [row for row in remade(tuple(recorded_files(recorded))).splitlines() if not row.startswith("| - |")]
    reasons = set(re.findall(r"`(\w+)`:", "\n".join(rows)))
    assert "not_read" in reasons
    assert not reasons & {"unknown_title", "unknown_info_kind", "unknown_version", "no_section", "parser_fault"}


def test_every_quantity_of_a_recorded_telegram_is_described(recorded: Callable[[str], Path]) -> None:
    """In the table of numbers, and the table names none that no telegram has."""
    rows = DOCUMENT.read_text("utf8").partition("## Numbers")[2].partition("## Size")[0].splitlines()
    described = {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1] if "|" in row else "")}
    found: set[str] = set()
    for file in recorded_files(recorded):
        if file.suffix == ".xml" and file.stat().st_size < 1_000_000:
            body = file.read_bytes()
            made = bulletins(parse_telegram(payload(body, file.name), everywhere(body), AT, judge_future=False))
            found |= {q.name for one in made for item in one.items for q in item.quantities}
    assert found == described - {"Quantity"}
