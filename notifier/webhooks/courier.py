"""One partner's deliveries: one event at a time, in order, each until it is acknowledged or expires.

Whoever dies between an acknowledgement and its saved standing sends that one event again, under the same webhook-id.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from notifier.broadcast.event import Event, Told
from notifier.broadcast.feed import Feed
from notifier.broadcast.partners import Wanted
from notifier.broadcast.position import Position, decode_position
from notifier.broadcast.tail import Tail
from notifier.fence import Fence
from notifier.link_test import KIND, Beat
from notifier.outcome import Answer, NetworkFault
from notifier.partner_pulse import PartnerState
from notifier.webhooks.post import Poster
from notifier.webhooks.retry import Judged, Verdict, expires_at, judge, wait_s
from notifier.webhooks.sign import headers_of, message_id
from notifier.webhooks.standing import Expired, Standing, save
from schemas.kafka import Publisher, Where
from schemas.partners import Partner, Webhook
from schemas.process.clock import now_utc
from schemas.process.log import get_logger
from schemas.records.base import World, content_id

GONE = "the endpoint answered 410 Gone: ask the partner, change its url, or go on with --replay"


class Courier:
    """Runs until cancelled. `spread` draws from [0, 1) for the pauses between tries.

    Without the fence it neither sends nor keeps anything: Fenced comes out of `run`, and ends the process.
    """

    def __init__(
        self,
        partner: Partner,
        poster: Poster,
        publisher: Publisher,
        tail: Tail,
        spread: Callable[[], float],
        fence: Fence,
    ) -> None:
        assert partner.webhook is not None
        self.partner, self.standing = partner, Standing()
        self._hook: Webhook = partner.webhook
        self._poster, self._publisher, self._tail, self._spread = poster, publisher, tail, spread
        self._fence = fence
        self._where: Where = publisher.where
        self._wanted = Wanted(partner.municipalities, partner.worlds, self._hook.kinds)
        self._held: Event | None = None
        self._tries = 0
        self._tried_at: datetime | None = None
        self._trouble = ""
        self._failing_since: datetime | None = None
        self._deaf = ""
        self._heard_at: datetime | None = None

    async def run(self, standing: Standing) -> None:
        """Go on from where it stood."""
        self.standing = standing.at_url(self._hook.url)
        self._held, self._trouble, self._failing_since = None, "", None
        while True:
            feed = Feed(self._where, self._tail, self._wanted, self._last())
            try:
                async for told in feed.missed():
                    await self._handle(told)
                while (coming := await feed.reader.next()) is not None:
                    await self._handle(coming)
            finally:
                feed.leave()

    async def pulse(self, beat: Beat) -> None:
        """Tell the partner of a beat, once; not while an event waits for it: that is told first, and says enough."""
        if self._held is not None or self.standing.paused:
            return
        now, body = now_utc(), beat.data.encode()
        headers = headers_of(f"msg_{content_id(self.partner.id, beat.id, beat.at)}", now, body, self._hook.keys)
        headers |= {"sonae-world": str(World.TEST), "sonae-kind": KIND}
        judged = judge(await self._leave(headers, body), now_utc())
        answered = judged.verdict is Verdict.ACKNOWLEDGED
        self._deaf = "" if answered else f"did not take a beat: {judged.text}"
        self._heard_at = now_utc() if answered else self._heard_at

    def _last(self) -> Position | None:
        return None if self.standing.position is None else decode_position(self.standing.position)

    async def _handle(self, told: Told) -> None:
        if told.event is None:
            await self._begin(told)
            return
        event, message = told.event, message_id(self.partner.id, told.event)
        self._held, self._tries = event, 0
        if await self._deliver(event, message):
            await self.keep(self.standing.after(told.id, message, now_utc()))
            self._trouble, self._failing_since = "", None
        else:
            lost = Expired(message, event.stream.kind, event.municipality, now_utc())
            await self.keep(self.standing.without(told.id, lost))
            self._log("webhook event expired", kind=event.stream.kind, message=message, reason=self._trouble)
        self._held = None

    async def _begin(self, told: Told) -> None:
        """The place where it starts is kept at once: what comes before the first event is acknowledged is not lost."""
        if not told.id:
            self._log("webhook gap", reason="what was missed is no longer kept")
        elif self.standing.position is None:
            await self.keep(replace(self.standing, position=told.id))

    async def _deliver(self, event: Event, message: str) -> bool:
        """Whether it was acknowledged in time."""
        until, body = expires_at(event, self.standing.fresh_from), event.data.encode()
        while (now := now_utc()) < until:
            if self.standing.paused:
                await asyncio.Event().wait()  # an operator's replay ends this task and starts another
            self._tries, self._tried_at = self._tries + 1, now
            judged = judge(await self._post(event, message, body, now), now_utc())
            if judged.verdict is Verdict.ACKNOWLEDGED:
                return True
            await self._wait(judged, until)
        return False

    async def _post(self, event: Event, message: str, body: bytes, now: datetime) -> Answer | NetworkFault:
        headers = headers_of(message, now, body, self._hook.keys)
        headers |= {"sonae-world": str(event.stream.world), "sonae-kind": event.stream.kind}
        return await self._leave(headers, body)

    async def _leave(self, headers: dict[str, str], body: bytes) -> Answer | NetworkFault:
        await self._fence.check()
        return await self._poster.post(self._hook.url, headers, body)

    async def _wait(self, judged: Judged, until: datetime) -> None:
        """Until the next try; or, for an endpoint that is gone, a pause that an operator must end."""
        now = now_utc()
        if judged.verdict is Verdict.GONE:
            await self.keep(replace(self.standing, paused=GONE))
        if self._failing_since is None or judged.verdict is Verdict.GONE:
            self._log("webhook not acknowledged", reason=judged.text)
        self._trouble, self._failing_since = judged.text, self._failing_since or now
        pause = wait_s(self._tries, judged.asked_s, self._spread())
        await asyncio.sleep(max(0.0, min(pause, (until - now).total_seconds())))

    async def keep(self, standing: Standing) -> None:
        """Where it stands from now on; returns once Kafka has it. Raises Fenced."""
        await self._fence.check()
        self.standing = standing
        await save(self._publisher, self.partner.id, standing)

    def _log(self, what: str, **facts: object) -> None:
        get_logger().error(what, partner=self.partner.id, **facts)

    def state(self, now: datetime) -> PartnerState:
        """For its heartbeat."""
        failing = self.standing.paused or self._trouble or self._deaf
        last = max(filter(None, (self.standing.acknowledged_at, self._heard_at)), default=None)
        return PartnerState(
            partner=self.partner.id,
            way="webhook",
            state="failing" if failing else "ok",
            text=self._text(now),
            tried_at=self._tried_at,
            succeeded_at=now if self._held is None and not failing else last,
            content_at=last,
            records=self.standing.acknowledged,
            expired=self.standing.expired,
        )

    def _text(self, now: datetime) -> str:
        if self.standing.paused:
            return f"paused: {self.standing.paused}"
        if self._held is None and self._deaf:
            return self._deaf
        if self._held is None or self._failing_since is None:
            return f"last acknowledged: {self.standing.last or 'nothing yet'}"
        behind = (now - self._held.record.made_at).total_seconds()
        since = self._failing_since.strftime("%H:%M:%SZ")
        return f"failing since {since} ({self._trouble}), {self._tries} tries, {behind:.0f} s behind"
