"""One worker of *watch* or *decide*, put together: Faust consumes and commits, everything else here is ours."""

import asyncio
import gc
import sys
from functools import partial

from schemas.kafka import Publisher, Where
from schemas.process.clock import Clock, clock_from
from schemas.process.health import Health
from streams.agents import install
from streams.app import create_app, follow, group_of, run
from streams.faults import end_for
from streams.handler import Handler
from streams.inputs import check_same, inspect
from streams.kafka_side import SideReader
from streams.ledger import Ledger
from streams.meter import Meter
from streams.ownership import Ownership
from streams.pulse import Pulse
from streams.roles import Role
from streams.settings import StreamsSettings
from streams.state import States
from streams.ticker import Ticker
from streams.watchdog import Watchdog

RARELY = (50_000, 20, 50)
"""States are hundreds of thousands of tuples that form no cycles: looking through them cost a fifth of the time."""

SWITCH_S = 0.001
"""Faust fetches in a thread of its own: while events are folded, it need not wait 5 ms, as is usual, for its turn."""


async def serve(role: Role, settings: StreamsSettings, health: Health) -> None:
    """Run one worker until cancelled; any fault ends the process."""
    gc.set_threshold(*RARELY)
    sys.setswitchinterval(SWITCH_S)
    where, clock = Where.of(settings), clock_from(settings.clock)
    reader, publisher, keeper = SideReader(where, group_of(role, settings)), Publisher(where), Publisher(where)
    try:
        await asyncio.gather(reader.start(), publisher.start(), keeper.start())
        await _run(role, settings, health, reader, publisher, keeper, clock)
    except Exception as error:  # noqa: BLE001  # whatever it is, the process must end with its own exit code
        end_for(error)
    finally:
        stopping = [one.stop() for one in (reader, publisher, keeper)]
        await asyncio.gather(*stopping, clock.close(), return_exceptions=True)


async def _run(
    role: Role,
    settings: StreamsSettings,
    health: Health,
    reader: SideReader,
    publisher: Publisher,
    keeper: Publisher,
    clock: Clock,
) -> None:
    """`keeper` writes the states: a producer sends one request at a time, and no alert waits behind states."""
    where, world = publisher.where, settings.world
    inputs = await inspect(role, world, where, reader)
    states, owned, meter = States(role, world, inputs, reader), Ownership(inputs), Meter(role.name)
    ledger = Ledger(role, states, publisher, keeper, meter)
    handler = Handler(role, world, states, ledger, publisher, meter, clock)
    app = create_app(role, settings, ledger)
    install(app, role.name, inputs, handler.handle, handler.rest)
    follow(app, owned, states, ledger, partial(check_same, inputs, where))
    health.checks |= {"kafka": reader.answers, "assigned": owned.is_known}
    ticker = Ticker(role, inputs, owned, reader, publisher, clock, world)
    watchdog = Watchdog(inputs, owned, states, reader, where)
    pulse = Pulse(f"{role.name}-{world}-{settings.instance}", role.name, world)
    beside = [meter.run(), ledger.run(), ticker.run(), watchdog.run(), pulse.run(owned, meter, publisher, clock)]
    await run(app, beside)
