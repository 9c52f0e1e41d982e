"""What a role's heartbeat says."""

from datetime import UTC, datetime

from notifier.pulse import heartbeat
from schemas.records.base import World

NOW = datetime(2026, 9, 21, tzinfo=UTC)


def test_it_names_what_does_not_answer() -> None:
    """An operator reads in one line what is wrong."""
    beat = heartbeat("notifier-plan-0", World.ACTUAL, {"redis": False, "kafka": True}, None, NOW)
    assert (beat.state, beat.text, beat.succeeded_at) == ("failing", "redis does not answer", None)
    well = heartbeat("notifier-plan-0", World.ACTUAL, {"redis": True, "kafka": True}, NOW, NOW)
    assert (well.state, well.program, well.world) == ("ok", "notifier", World.ACTUAL)
