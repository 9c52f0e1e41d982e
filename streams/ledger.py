"""What is owed to Kafka: outputs on their way, and states of which these outputs, and the inputs behind them, are part.

`settle` is the barrier: outputs are acknowledged, then the states are written and acknowledged. Nothing is committed
before it (faust_gate.py), so a kill between two barriers repeats what lies between them and loses none of it.
"""

import asyncio
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

from schemas.kafka import Publisher
from streams.faults import end_for
from streams.fold import Output
from streams.meter import Meter
from streams.partition import Held
from streams.roles import Role
from streams.state import States

QUIET_S, QUIET_EACH_S = 0.008, 0.0005
"""Nothing came for as long: the states are written. The more there are to write, the longer: a backlog also pauses."""
AT_MOST_S = 3.0
"""While inputs keep coming a municipality's state is written once in this time, however many of them changed it: Faust
commits as often, and settles then."""
LATE_S, SETTLED_WITHIN_S = 6.0, 30.0
TURN_S = 0.001
"""States are encoded for so long before the loop turns: an alert may be waiting."""
SENDERS_TURNS = 3
"""Of the event loop: the producer's sender wakes, makes its request, and writes it. The stream itself turns rarely."""
Sent = asyncio.Future[Any]


class Owed(NamedTuple):
    """One municipality's state as it was when its last input was folded: what is held may have moved on since."""

    partition: int
    municipality: str
    state: Any
    offsets: dict[str, int]
    made_at: datetime


class Ledger:
    """The debts of one worker. A failed send ends the process, whoever waits for it."""

    def __init__(self, role: Role, states: States, publisher: Publisher, keeper: Publisher, meter: Meter) -> None:
        """`publisher` says outputs, `keeper` writes states: outputs never wait for the acknowledgement of states."""
        self._role, self._states, self._meter = role, states, meter
        self._publisher, self._keeper = publisher, keeper
        self._sent: list[Sent] = []
        self._owed: dict[str, Owed] = {}
        self._alone = asyncio.Lock()
        self._something = asyncio.Event()
        self._since, self._entries = 0.0, 0

    async def say(self, partition: int, outputs: Collection[Output]) -> None:
        """Send at once, in order; the next barrier waits for the acknowledgements."""
        self._meter.check_turning()
        for output in outputs:
            future = await self._publisher.begin(output.topic, output.key, output.record, partition)
            future.add_done_callback(_end_if_failed)
            self._sent.append(future)
        self._note()
        for _ in range(SENDERS_TURNS if outputs else 0):
            await asyncio.sleep(0)

    def owe(self, partition: int, municipality: str, held: Held, made_at: datetime) -> None:
        """The next barrier writes this state. To be called once its outputs were said."""
        self._owed[municipality] = Owed(partition, municipality, held.state, held.offsets, made_at)
        self._note()

    def _note(self) -> None:
        self._entries += 1
        if not self._something.is_set():
            self._since = time.monotonic()
            self._something.set()

    @property
    def late(self) -> bool:
        """Whether something has been owed for too long: handle nothing more before it is settled."""
        return self._something.is_set() and time.monotonic() - self._since > LATE_S

    async def settle(self) -> None:
        """All that was said and owed before this call is acknowledged when it returns. A fault ends the process."""
        try:
            async with asyncio.timeout(SETTLED_WITHIN_S), self._alone:
                await self._settle()
        except Exception as error:  # noqa: BLE001  # whatever it is, what is not written must not be committed
            end_for(error)

    async def run(self) -> None:
        """Settle as soon as nothing came for a moment, until cancelled; commits do so while it keeps coming."""
        while True:
            await self._something.wait()
            began, entries = time.monotonic(), -1
            while entries != self._entries and time.monotonic() - began < LATE_S:
                entries = self._entries
                await asyncio.sleep(max(QUIET_S, QUIET_EACH_S * len(self._owed)))
            await self.settle()

    async def _settle(self) -> None:
        sent, owed = self._sent, self._owed
        self._sent, self._owed = [], {}
        self._something.clear()
        try:
            await _acknowledged(sent)
            await _acknowledged(await self._written(owed.values()))
        except BaseException:  # also cancelled on the way: it is owed as before
            self._sent, self._owed = sent + self._sent, owed | self._owed
            self._something.set()
            raise

    async def _written(self, owed: Iterable[Owed]) -> list[Sent]:
        sent, turned = [], float("-inf")
        for one in owed:
            if time.monotonic() - turned > TURN_S:
                await asyncio.sleep(0)
                self._meter.check_turning()
                turned = time.monotonic()
            record = self._states.record(*one)
            sent.append(await self._keeper.begin(self._role.state, one.municipality, record, one.partition))
        return sent


async def _acknowledged(sent: list[Sent]) -> None:
    """Waits without cancelling them when cancelled itself."""
    waiting = [future for future in sent if not future.done()]
    if waiting:
        await asyncio.wait(waiting)
    for future in sent:
        future.result()


def _end_if_failed(future: Sent) -> None:
    with suppress(asyncio.CancelledError):
        error = future.exception()
        if error is not None:
            end_for(error)
