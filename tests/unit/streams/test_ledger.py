"""The barrier: outputs before states, states as when their outputs were said, nothing forgotten if it is cut off."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from streams.fold import Output
from streams.ledger import Ledger
from streams.meter import Meter
from streams.partition import Held

AT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Sends:
    """A publisher whose acknowledgements the test gives; and States and Role as far as the ledger asks them."""

    state: str = "watch-state"
    begun: list[tuple[str, Any]] = field(default_factory=list)
    futures: list["asyncio.Future[None]"] = field(default_factory=list)

    async def begin(self, topic: str, _key: str, record: Any, _partition: int) -> "asyncio.Future[None]":
        """Handed over."""
        self.begun.append((topic, record))
        self.futures.append(asyncio.get_running_loop().create_future())
        return self.futures[-1]

    def record(self, _partition: int, _town: str, state: Any, _offsets: dict[str, int], _made_at: datetime) -> Any:
        """The state as it would be written."""
        return state

    async def acknowledge(self) -> None:
        """All that was handed over so far, and what follows from it."""
        for future in self.futures:
            if not future.done():
                future.set_result(None)
        for _ in range(5):
            await asyncio.sleep(0)


def ledger_of(sends: Any) -> Ledger:
    """A ledger over these."""
    return Ledger(sends, sends, sends, sends, Meter("watch"))


async def test_states_are_written_once_their_outputs_are_acknowledged() -> None:
    """And as they were then: what is folded meanwhile is written by the next barrier."""
    sends = Sends()
    ledger, held = ledger_of(sends), Held("one", {"readings": 1})
    await ledger.say(0, [Output("detections", "14205", "said")])
    ledger.owe(0, "14205", held, AT)
    held.state = "two, whose outputs were not said yet"
    barrier = asyncio.create_task(ledger.settle())
    await asyncio.sleep(0)
    assert sends.begun == [("detections", "said")]
    await sends.acknowledge()
    assert sends.begun == [("detections", "said"), ("watch-state", "one")]
    assert not barrier.done()
    await sends.acknowledge()
    assert barrier.done()


async def test_a_municipality_is_written_once_a_barrier() -> None:
    """Its newest state, however many inputs changed it."""
    sends = Sends()
    ledger = ledger_of(sends)
    for state in ("one", "two", "three"):
        ledger.owe(0, "14205", Held(state), AT)
    barrier = asyncio.create_task(ledger.settle())
    await sends.acknowledge()
    await sends.acknowledge()
    await barrier
    assert sends.begun == [("watch-state", "three")]


async def test_what_a_cut_off_barrier_owed_is_owed_as_before() -> None:
    """A commit that is cancelled in its barrier must not let the next one find nothing to do."""
    sends = Sends()
    ledger = ledger_of(sends)
    await ledger.say(0, [Output("detections", "14205", "said")])
    ledger.owe(0, "14205", Held("one"), AT)
    cut_off = asyncio.create_task(ledger.settle())
    await asyncio.sleep(0)
    cut_off.cancel()
    await asyncio.gather(cut_off, return_exceptions=True)
    again = asyncio.create_task(ledger.settle())
    await sends.acknowledge()
    await sends.acknowledge()
    await again
    assert sends.begun == [("detections", "said"), ("watch-state", "one")]
