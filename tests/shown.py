"""Figures that a run shows at its end, also those of tests that passed, whichever worker measured them."""

import contextlib
import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

TITLE = "figures"
Shown = Callable[[], AbstractContextManager[None]]


def shown_by(item: pytest.Item) -> Shown:
    """`with shown():` keeps what is printed inside with the test's report."""

    @contextlib.contextmanager
    def shown() -> Iterator[None]:
        text = io.StringIO()
        with contextlib.redirect_stdout(text):
            yield
        item.add_report_section("call", TITLE, text.getvalue())

    return shown


def figures(reporter: pytest.TerminalReporter) -> Iterator[tuple[str, str]]:
    """The name and the figures of each test that passed; those of one that failed stand with its failure."""
    for report in reporter.stats.get("passed", []):
        for name, text in report.sections:
            if name == f"Captured {TITLE} call":
                yield report.nodeid, text
