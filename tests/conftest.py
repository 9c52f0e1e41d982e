"""What every suite shares: names of its own per test, recorded data, deadlines, and who tests what in which order."""

import contextlib
import gc
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer

from tests.shown import Shown, figures, shown_by
from tests.waiting import tasks_now
from tests.workers import ALONE, AloneLast

_DEADLINE_S, _STARTED_WITHIN_S = 120, 300

# What tests keep stays, too: looking through all of it for cycles again and again would be most of a short run.
gc.set_threshold(50_000, 50, 100)

# Everyday runs try a few examples of each property; `make soak` tries many. A shared machine is never a failure.
settings.register_profile("everyday", max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("SONAE_EXAMPLES", "everyday"))


@pytest.fixture
def shown(request: pytest.FixtureRequest) -> Shown:
    """`with shown():` what is printed inside stands at the end of the run."""
    return shown_by(request.node)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of recorded data; it may not exist."""
    return (Path(__file__).parent.parent / os.environ.get("SONAE_DATA", "../shared/data")).resolve()


@pytest.fixture(scope="session")
def recorded(data_dir: Path) -> Callable[[str], Path]:
    """Call it with a path inside the recorded data: skips without that folder, fails without that file."""

    def find(path: str) -> Path:
        if not data_dir.is_dir():
            pytest.skip(f"no recorded data: set SONAE_DATA to its folder (looked in {data_dir})")
        found = data_dir / path
        if not found.exists():
            pytest.fail(f"{data_dir} is there, but {path} is not in it: a missing record is no reason to skip")
        return found

    return find


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> AloneLast:
    """Who tests what where several workers do (`-n 2`)."""
    return AloneLast(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Quick answers first: rules and units, then contracts. What wants the machine for itself comes last.

    Whole systems have long files: they start before the servers with their short ones, so that both end together.
    """
    order = ["test_architecture.py", "unit", "contract", "e2e", "integration"]
    ranks = {suite: rank for rank, suite in enumerate(order)}
    items.sort(
        key=lambda item: (item.nodeid.startswith(ALONE), ranks.get(_suite(item.nodeid).split("/")[0], len(order)))
    )


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is collected stays until the end: no search for cycles looks through it, neither now nor later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Starting what a test needs: a whole system, and a story played in it, may take longer than a test."""
    with _in_time(item, _STARTED_WITHIN_S):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """A test that hangs fails at its deadline, with the place where it hung, instead of stopping the whole run."""
    with _in_time(item, _DEADLINE_S):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Stopping what a test started: a program that does not stop is a fault, too."""
    with _in_time(item, _STARTED_WITHIN_S):
        return (yield)


@contextlib.contextmanager
def _in_time(item: pytest.Item, usual_s: int) -> Iterator[None]:
    mark = item.get_closest_marker("deadline")
    seconds = max(usual_s, int(mark.args[0])) if mark else usual_s

    def late(_signum: int, _frame: FrameType | None) -> None:
        raise TimeoutError("\n  ".join([f"the test did not end within {seconds} s", *tasks_now()]))

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Figures that were measured; then which suites ran, and how each ended: one that is missing here did not run."""
    table: dict[str, Counter[str]] = {}
    for outcome in ("passed", "failed", "error", "skipped", "xfailed", "xpassed"):
        for report in terminalreporter.stats.get(outcome, []):
            table.setdefault(_suite(report.nodeid), Counter())[outcome] += 1
    for name, text in figures(terminalreporter):
        terminalreporter.section(name)
        terminalreporter.write(text)
    terminalreporter.section("suites")
    for suite, counts in sorted(table.items()):
        terminalreporter.write_line(
            f"{suite:<28}" + "  ".join(f"{count} {outcome}" for outcome, count in counts.items())
        )


def _suite(nodeid: str) -> str:
    parts = Path(nodeid.split("::")[0]).parts
    return "/".join(parts[1:3]) if len(parts) > 3 else "/".join(parts[1:2])
