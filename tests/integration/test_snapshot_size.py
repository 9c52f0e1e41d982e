"""A snapshot of all Japan in its full size: time and memory that reading it takes."""

import time
import tracemalloc

from connectors.jma.telegram import parse_telegram
from tests.contract.connectors.jma.aggregated import kind, snapshot
from tests.unit.connectors.writing import AT, KANAGAWA, payload

NAME = "20260921055000_0_VPWS50_010000.xml"


def test_six_megabytes_are_read_in_bounded_time_and_memory() -> None:
    """1,905 municipalities with eight kinds each: at most 3 s of this process's time and 100 MB of Python's memory."""
    body = snapshot(
        {"1420600": kind("03", "継続")}, others=1870, each="".join(kind(f"{n:02}", "継続") for n in range(10, 18))
    )
    assert 5_000_000 < len(body) < 8_000_000
    started = time.process_time()
    found = parse_telegram(payload(body, NAME), KANAGAWA, AT)
    took = time.process_time() - started
    assert len(found.records) == 35
    assert took < 3
    tracemalloc.start()
    parse_telegram(payload(body, NAME), KANAGAWA, AT)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100_000_000
    print(f"\n{len(body) / 1e6:.1f} MB: {took * 1000:.0f} ms of CPU, {peak / 1e6:.0f} MB of Python memory at most")
