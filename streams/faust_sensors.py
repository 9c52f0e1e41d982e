"""What Faust counts for itself, less what nobody reads: its per-message counts cost more than folding a calm batch.

Our own figures are those of schemas/process/metrics.py.
"""

from time import monotonic
from typing import Any

from faust.sensors import Monitor
from faust.types import TP


class FewSensors(Monitor):
    """Only what Faust's own warnings about a standstill need: when each partition last moved."""

    def on_message_in(self, *_: Any) -> None:
        """Not counted."""

    def on_stream_event_in(self, tp: TP, *_: Any) -> None:
        """A partition moves."""
        self.stream_inbound_time[tp] = monotonic()

    def on_stream_event_out(self, *_: Any) -> None:
        """Not counted."""

    def on_message_out(self, *_: Any) -> None:
        """Not counted."""
