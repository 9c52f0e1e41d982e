"""`python -m bench.stages FILE`: the deliver role, sampled while it uses the CPU; FILE gets seconds per stage.

Every ten milliseconds of CPU time it is noted in which stage the main thread is: by its innermost frame whose file
says so.
SIGUSR1 begins anew: what the start cost is left out.
"""

import json
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

from notifier.__main__ import main as notifier

EVERY_S = 0.01
STAGES = {
    "transport": ("webpush/http2/", "webpush/curl", "asyncio/sslproto", "asyncio/selector_events"),
    "encryption": ("webpush/encrypt", "delivery/wrapping", "notifier/receipts", "webpush/keys"),
    "recipients": ("notifier/recipients", "notifier/entries", "notifier/index_seal", "redis/"),
    "guard, letters": ("notifier/guard", "delivery/letters", "notifier/render", "delivery/sorting"),
    "lanes": (
        "delivery/office",
        "delivery/hearing",
        "delivery/errand",
        "webpush/lane",
        "webpush/pace",
        "delivery/tell",
    ),
    "outcomes": ("delivery/sheet", "delivery/remembered", "schemas/outcomes", "aiokafka/producer"),
    "jobs in": ("delivery/intake", "delivery/work", "aiokafka/consumer", "aiokafka/coordinator"),
}
OTHER = "event loop and others"
_BY_FILE: dict[str, str | None] = {}


def stage_of(path: str) -> str | None:
    """The stage that a source file belongs to, if it says one."""
    if path not in _BY_FILE:
        found = (stage for stage, parts in STAGES.items() if any(part in path for part in parts))
        _BY_FILE[path] = next(found, None)
    return _BY_FILE[path]


class Sampler:
    """Counts samples per stage."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def take(self, _signum: int, frame: FrameType | None) -> None:
        """One sample."""
        while frame is not None:
            stage = stage_of(frame.f_code.co_filename)
            if stage is not None:
                self.counts[stage] += 1
                return
            frame = frame.f_back
        self.counts[OTHER] += 1

    def clear(self, *_: object) -> None:
        """What was before does not count."""
        self.counts.clear()


def main() -> None:
    """Run the role until it is told to end."""
    sampler, target = Sampler(), Path(sys.argv[1])
    signal.signal(signal.SIGPROF, sampler.take)
    signal.signal(signal.SIGUSR1, sampler.clear)
    signal.setitimer(signal.ITIMER_PROF, EVERY_S, EVERY_S)
    try:
        notifier(["deliver"])
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        target.write_text(json.dumps({stage: count * EVERY_S for stage, count in sampler.counts.items()}))


if __name__ == "__main__":
    main()
