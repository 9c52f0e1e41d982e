"""What a worker knows about itself: counts, latency, where each partition stands, whether its loop turns."""

import asyncio
import time
from datetime import datetime
from functools import cache
from typing import Any

from prometheus_client import Counter, Gauge

from schemas.process.clock import now_utc
from schemas.process.metrics import DEAD_LETTERED, PARTITION_PROGRESS, PROCESSED, RECEIVED, STAGE_LATENCY
from schemas.records.plumbing import Tick
from streams.parking import Incoming

STOOD_STILL_S, TURN_S = 4.5, 0.5
"""Below the session of 6 s: whoever stood still for longer must not write any more."""
_SLEEP_COUNTS = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # Linux: also counts a suspended machine


class StoodStill(RuntimeError):
    """This process stood still for longer than its session: its partitions may have a new owner."""


class Meter:
    """Counts for /metrics and for the heartbeat."""

    def __init__(self, stage: str) -> None:
        self._latency = STAGE_LATENCY.labels(stage=stage)
        self._turned_at = time.clock_gettime(_SLEEP_COUNTS)
        self.records = 0
        self.parked_records = 0
        self.handled_at: datetime | None = None

    async def run(self) -> None:
        """Turn with the event loop until cancelled; raises StoodStill."""
        while True:
            await asyncio.sleep(TURN_S)
            self.check_turning()
            self._turned_at = time.clock_gettime(_SLEEP_COUNTS)

    def check_turning(self) -> None:
        """Raises StoodStill, also before `run` itself wakes up: to be asked before anything is written."""
        still_s = time.clock_gettime(_SLEEP_COUNTS) - self._turned_at
        if still_s > STOOD_STILL_S:
            raise StoodStill(f"stood still for {still_s:.1f} s: these partitions may have a new owner by now")

    def handled(self, event: Incoming, record: Any) -> None:
        """An input reached its end."""
        self._moved(event)
        if isinstance(record, Tick):
            return
        self.records += 1
        self.handled_at = now = now_utc()
        hazard = str(getattr(record, "hazard", None) or "-")
        _processed(event.row, hazard).inc()
        self._latency.observe(max(0.0, (now - record.made_at).total_seconds()))

    def parked(self, event: Incoming, error: Exception) -> None:
        """An input was set aside."""
        self._moved(event)
        self.parked_records += 1
        DEAD_LETTERED.labels(source=event.row, reason=type(error).__name__).inc()

    def _moved(self, event: Incoming) -> None:
        _received(event.row).inc()
        _progress(event.row, event.partition).set_to_current_time()


# Finding a metric's child by its labels costs three times as much as counting with it.
@cache
def _processed(row: str, hazard: str) -> Counter:
    return PROCESSED.labels(source=row, hazard=hazard)


@cache
def _received(row: str) -> Counter:
    return RECEIVED.labels(source=row, hazard="-")


@cache
def _progress(row: str, partition: int) -> Gauge:
    return PARTITION_PROGRESS.labels(topic=row, partition=str(partition))
