"""The Faust app: it consumes, keeps the group and commits. Its settings are the ones that were seen to lose nothing."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

import faust
from faust.tables.manager import TableManager
from faust.transport.drivers.aiokafka import Transport
from faust.types import TP

from schemas.kafka import COMPRESSION, HEARTBEAT_MS, SESSION_MS, Where
from schemas.kafka_access import Access
from schemas.process.log import get_logger
from streams.faults import end_for
from streams.faust_gate import Settle, gated
from streams.faust_sensors import FewSensors
from streams.faust_stream import EventStream
from streams.ledger import AT_MOST_S, Ledger
from streams.ownership import Ownership, Stale
from streams.roles import Role
from streams.settings import StreamsSettings
from streams.state import States

STOP_WITHIN_S = 20.0


class DisklessApp(faust.App):
    """Faust without the data folder that it would make in the working directory: no program keeps anything on disk.

    Its commits wait for `settle`; `rest` is called while no event is at hand, and partitions do not go meanwhile.
    """

    settle: Settle
    rest: Callable[[], Awaitable[bool]]
    resting: asyncio.Lock

    def _new_transport(self) -> Transport:
        return gated(self, self.settle)

    def _create_directories(self) -> None:
        """Make none."""


class NoTables(TableManager):
    """Faust's table manager waits a second for tables that we never have (Tables lose events at recovery)."""

    async def on_start(self) -> None:
        """Go on at once."""
        await self._update_channels()
        await self.recovery.start()


def group_of(role: Role, settings: StreamsSettings) -> str:
    """The consumer group, before the namespace: one per app and world."""
    return f"{role.name}-{settings.world}"


def create_app(role: Role, settings: StreamsSettings, ledger: Ledger) -> DisklessApp:
    """An app without agents yet. Create it inside the running loop.

    `table_standby_replicas` stays 1 though there are no tables: with 0, Faust falls back to a round robin over all
    topics that tears one partition's inputs apart; with 1, its own assignor keeps equal partition numbers together.
    """
    where, group = Where.of(settings), group_of(role, settings)
    app = DisklessApp(
        id=where.group(group),
        broker=[f"kafka://{host.strip()}" for host in settings.kafka_bootstrap.split(",")],
        consumer_group_instance_id=where.group(f"{group}-{settings.instance}"),
        broker_credentials=_credentials(where.access),
        canonical_url=f"http://{group}-{settings.instance}",
        store="memory://",
        TableManager=NoTables,
        Monitor=FewSensors,
        Stream=EventStream,
        table_standby_replicas=1,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        processing_guarantee="at_least_once",
        consumer_auto_offset_reset="earliest",
        stream_wait_empty=True,
        stream_buffer_maxsize=2048,
        broker_session_timeout=SESSION_MS / 1000,
        broker_heartbeat_interval=HEARTBEAT_MS / 1000,
        broker_max_poll_records=200,
        broker_commit_interval=AT_MOST_S,
        producer_request_timeout=10.0,
        producer_acks=-1,
        producer_compression_type=COMPRESSION,
    )
    app.settle, app.resting = ledger.settle, asyncio.Lock()
    return app


def _credentials(access: Access) -> faust.SASLCredentials | faust.SSLCredentials | None:
    """In Faust's words; None for a line without either."""
    if access.sasl:
        return faust.SASLCredentials(
            username=access.user, password=access.password, mechanism=access.mechanism, ssl_context=access.tls()
        )
    return faust.SSLCredentials(context=access.tls()) if access.tls() else None


def follow(
    app: DisklessApp, owned: Ownership, states: States, ledger: Ledger, check_same: Callable[[], Awaitable[None]]
) -> None:
    """Forget every state when partitions go, and again when they come: the next event reads it anew.

    What is owed is written before the partitions go: the group waits for this callback. A topic that was made again
    makes the group deal out anew, so that is looked for before anything of it is handled.
    """

    async def on_revoked(*_: Any, **__: Any) -> None:
        async with app.resting:
            await ledger.settle()
            owned.revoke()
            states.forget()

    async def on_assigned(_app: Any, /, *arguments: Any, **__: Any) -> None:
        async with app.resting:
            await ledger.settle()
            states.forget()
        assigned: set[TP] = arguments[0]
        try:
            await check_same()
            owned.assign((part.topic, part.partition) for part in assigned)
        except Stale as error:
            _outlive_session()
            end_for(error)
        except Exception as error:  # noqa: BLE001  # Faust would only log it
            end_for(error)

    app.on_partitions_revoked.connect(on_revoked, weak=False)
    app.on_partitions_assigned.connect(on_assigned, weak=False)


def _outlive_session() -> None:
    """Block the loop and its heartbeats: a static member that comes back sooner is dealt the same again."""
    threading.Event().wait(SESSION_MS / 1000 + 1)


async def run(app: faust.App, beside: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Run the app, and what belongs beside it, until cancelled or until one of them ends: all of that is a fault."""
    tasks = [asyncio.create_task(work) for work in beside]
    try:
        await app.start()
        get_logger().info("started", group=app.conf.id)
        tasks.append(asyncio.create_task(app.wait_until_stopped()))
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        raise RuntimeError(f"Faust stopped by itself: {app.crash_reason!r}")
    finally:
        for task in tasks:
            task.cancel()
        async with asyncio.timeout(STOP_WITHIN_S):
            await app.stop()
