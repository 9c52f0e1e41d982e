"""What a worker knows about itself: counts, latency, where each partition stands, whether its loop turns."""

import time
from datetime import datetime
from typing import Any

from schemas.process.clock import now_utc
from schemas.process.health import Health
from schemas.process.metrics import DEAD_LETTERED, PARTITION_PROGRESS, PROCESSED, RECEIVED, STAGE_LATENCY
from schemas.records.plumbing import Tick
from streams.parking import Incoming

STOOD_STILL_S = 4.5
"""Below the session of 6 s: whoever stood still for longer must not write any more."""


class Meter:
    """Counts for /metrics and for the heartbeat."""

    def __init__(self, stage: str, health: Health) -> None:
        self._stage, self._health = stage, health
        self.records = 0
        self.parked_records = 0
        self.handled_at: datetime | None = None

    def fresh(self) -> bool:
        """Whether the event loop has turned within the session."""
        return time.monotonic() - self._health.turned_at < STOOD_STILL_S

    def handled(self, event: Incoming, record: Any) -> None:
        """An input reached its end."""
        self._moved(event)
        if isinstance(record, Tick):
            return
        self.records += 1
        self.handled_at = now_utc()
        hazard = str(getattr(record, "hazard", None) or "-")
        PROCESSED.labels(source=event.row, hazard=hazard).inc()
        STAGE_LATENCY.labels(stage=self._stage).observe(max(0.0, (now_utc() - record.made_at).total_seconds()))

    def parked(self, event: Incoming, error: Exception) -> None:
        """An input was set aside."""
        self._moved(event)
        self.parked_records += 1
        DEAD_LETTERED.labels(source=event.row, reason=type(error).__name__).inc()

    def _moved(self, event: Incoming) -> None:
        RECEIVED.labels(source=event.row, hazard="-").inc()
        PARTITION_PROGRESS.labels(topic=event.row, partition=str(event.partition)).set_to_current_time()
