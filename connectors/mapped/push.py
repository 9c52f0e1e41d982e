"""Documents that are pushed to us. The route keeps where its source stands; endpoint.py is the door."""

from datetime import datetime

from connectors.mapped.cursor import MappedCursor, write_cursor
from connectors.source import Asks, Result, Unchanged


class Push:
    """Polled, it has nothing to bring: that it is silent, and since when, is what a poll of it tells."""

    def __init__(self) -> None:
        self.state: MappedCursor | None = None
        self.content_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it knows where it stands: until the first poll has shown the cursor, nothing is taken in."""
        return self.state is not None

    async def poll(self, state: MappedCursor, _ask: Asks, _now: datetime) -> Result:
        """The first poll shows what the process before this one had."""
        if self.state is None or self.state.mapping != state.mapping:
            self.state = state
        return Unchanged(write_cursor(self.state), self.content_at)
