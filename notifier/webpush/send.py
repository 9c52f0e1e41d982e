"""One parcel to one device: encrypt, wait for a place in its push service's lane, post, and say what came of it."""

import base64
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifier.outcome import Answer, Meaning, NetworkFault, meaning, next_try
from notifier.webpush.encrypt import Receiver, encrypt
from notifier.webpush.former import OneByOne
from notifier.webpush.keys import BadKey, VapidTokens
from notifier.webpush.pace import Lane, Lanes
from notifier.webpush.transport import origin_of, site_of
from schemas.records.delivered import End

LONGEST_TTL_S = 28 * 86_400
"""FCM keeps nothing longer (webpush.md §D)."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a device is reached, and the VAPID key under which it subscribed."""

    endpoint: str
    p256dh: bytes
    auth: bytes
    vapid_key_id: str

    @property
    def host(self) -> str:
        """The push service, as metrics name it."""
        return site_of(self.endpoint).host or "?"


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is sent: `topic` lets a newer one replace an undelivered older one, `until` (real time) ends its life."""

    payload: bytes
    topic: str
    urgent: bool
    until: datetime


@dataclass(frozen=True, slots=True)
class Ended:
    """The delivery has its end. `latency_s` is the request's time, where there was one."""

    end: End
    status: int | None = None
    detail: str | None = None
    label: str = ""
    alarm: bool = False
    latency_s: float | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """Not now: try again at `at` (real time)."""

    at: datetime
    status: int | None = None
    label: str = ""


Objection = Callable[[], Awaitable[Ended | None]]


def topic_of(order_id: str) -> str:
    """RFC 8030 §5.4: at most 32 characters of base64url. One order, one topic: revisions and repeats collapse."""
    return base64.urlsafe_b64encode(hashlib.sha256(order_id.encode()).digest()).decode()[:32]


class Sender:
    """Sends parcels. Time (`now` real, the lanes' own steady), chance (`spread` in [0, 1)) and network are given."""

    def __init__(
        self,
        transport: OneByOne,
        tokens: Mapping[str, VapidTokens],
        lanes: Lanes,
        now: Callable[[], datetime],
        spread: Callable[[], float],
    ) -> None:
        self._transport = transport
        self._tokens = tokens
        self._lanes = lanes
        self._now = now
        self._spread = spread

    async def send(
        self, address: Address, parcel: Parcel, attempt: int, objection: Objection, overtakes: bool = True
    ) -> Ended | Later:
        """One try. `objection` is asked last, when the parcel is about to leave; `overtakes` goes first in its lane."""
        tokens = self._tokens.get(address.vapid_key_id)
        if tokens is None:
            why = f"subscribed under VAPID key {address.vapid_key_id}, which is not ours: restore it in SONAE_VAPID_KEY"
            return Ended(End.FAILED, None, why, "key_lost", alarm=True)
        try:
            receiver = Receiver.of_raw(address.p256dh, address.auth)
        except BadKey as error:
            return Ended(End.REFUSED, None, str(error), "bad_keys")
        lane = self._lanes.of(origin_of(address.endpoint))
        async with lane.place(overtakes) as wait_s:
            if wait_s is not None:
                return self._later(wait_s, parcel)
            stopped = await objection()
            if stopped is not None:
                lane.pace.gave_up()
                return stopped
            body = encrypt(receiver, parcel.payload)  # not earlier: waiting parcels must not cost an urgent one's time
            return await self._post(address, parcel, body, attempt, tokens, lane)

    async def _post(
        self, address: Address, parcel: Parcel, body: bytes, attempt: int, tokens: VapidTokens, lane: Lane
    ) -> Ended | Later:
        origin, began = origin_of(address.endpoint), self._now()
        headers = headers_of(parcel, tokens.authorization(origin, began), began)
        answer = await self._transport.post(address.endpoint, headers, body)
        meant = meaning(answer, address.host)
        lane.heard(meant)
        if isinstance(answer, Answer) and answer.status in (401, 403):
            tokens.forget(origin)
        return self._judge(answer, meant, attempt, parcel, began)

    def _judge(
        self, answer: Answer | NetworkFault, meant: Meaning, attempt: int, parcel: Parcel, began: datetime
    ) -> Ended | Later:
        now = self._now()
        status = answer.status if isinstance(answer, Answer) else None
        if meant.end is None:
            again = next_try(answer, attempt, now, parcel.until, self._spread())
            if again is not None:
                return Later(again, status, meant.label)
        detail = None if meant.end is End.ACCEPTED else _said(answer, meant)
        latency_s = (now - began).total_seconds()
        return Ended(meant.end or meant.at_last, status, detail, meant.label, meant.alarm, latency_s)

    def _later(self, wait_s: float, parcel: Parcel) -> Ended | Later:
        at = self._now() + timedelta(seconds=wait_s * (1 + self._spread()))
        if at >= parcel.until:
            return Ended(End.EXPIRED, None, "the push service was too slow until deliver_until had passed", "expired")
        return Later(at, None, "paced")


def headers_of(parcel: Parcel, authorization: str, now: datetime) -> dict[str, str]:
    """RFC 8030's and RFC 8292's headers. TTL is what is left of the parcel's life, at least a second."""
    left = int((parcel.until - now).total_seconds())
    return {
        "Authorization": authorization,
        "TTL": str(max(1, min(left, LONGEST_TTL_S))),
        "Urgency": "high" if parcel.urgent else "normal",
        "Topic": parcel.topic,
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
    }


def _said(answer: Answer | NetworkFault, meant: Meaning) -> str:
    if isinstance(answer, NetworkFault):
        return f"{meant.label}: {answer.fault}: {answer.detail}"[:300]
    return f"{meant.label}: {answer.text}"[:300] if answer.text else meant.label
