"""docs/telegrams.md: its table is what the command prints for every recorded telegram, feed and CAP message."""

import io
import re
from collections.abc import Callable
from pathlib import Path

from connectors.kinds_table import print_table

DOCUMENT = Path(__file__).parents[2] / "docs" / "telegrams.md"
TABLE = re.compile(r"<!-- table: .*? -->\n(.*?)\n?<!-- end -->", re.DOTALL)


def recorded_files(recorded: Callable[[str], Path]) -> list[Path]:
    """Every XML file of JMA's and every CAP message."""
    return [*sorted(recorded("jma").rglob("*.xml")), *sorted(recorded("cap").glob("*.cap"))]


def test_the_table_is_true(recorded: Callable[[str], Path]) -> None:
    """Remake it with: python -m connectors parse --everywhere --table FILE…"""
    out = io.StringIO()
    assert print_table(recorded_files(recorded), out, all_of_japan=True) == 0
    written = TABLE.search(DOCUMENT.read_text("utf8"))
    assert written is not None
    assert written.group(1).splitlines() == out.getvalue().splitlines()


def test_no_recorded_telegram_is_parked_without_a_known_reason(recorded: Callable[[str], Path]) -> None:
    """No title that nobody knows, no section that nobody found, no fault of ours."""
    out = io.StringIO()
    print_table([file for file in recorded_files(recorded) if file.suffix == ".xml"], out, all_of_japan=True)
    reasons = set(re.findall(r"`(\w+)`:", out.getvalue()))
    assert not reasons & {"unknown_title", "unknown_info_kind", "unknown_version", "no_section", "parser_fault"}
