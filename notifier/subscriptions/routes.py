"""What is said at the door: subscribe, leave, look, test, report. Nothing personal is logged, counted or answered."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fastapi import Request
from fastapi.responses import JSONResponse, Response

from notifier.entries import Known, service_of
from notifier.outcome import Answer
from notifier.receipts import subscriber_of
from notifier.subscriptions.answers import body_of, no, too_often
from notifier.subscriptions.endpoint import Refused, is_loopback
from notifier.subscriptions.profile import Profile
from notifier.subscriptions.rate import Rate
from notifier.subscriptions.receipt import Heard, Reported, receipt_of
from notifier.subscriptions.seal import Sealer, subscriber_id
from notifier.subscriptions.selftest import Tester
from notifier.subscriptions.shelf import Shelf, shown
from notifier.subscriptions.store import erase, put
from notifier.subscriptions.validate import Door, Wanted, validate
from notifier.subscriptions.visitors import Proxies
from notifier.webpush.keys import VapidKey
from schemas.kafka import Publisher
from schemas.process.clock import now_utc
from schemas.process.log import get_logger
from schemas.signing import BadTicket, check_ticket

LOOKS, LOOK_S = 5, 0.3
"""A subscription is in the index a moment after it was stored."""

KNOCKS, WINDOW_S = 20, 60.0
"""A page subscribes again at every visit (iOS); more than this from one endpoint is no page."""

TEST_EVERY_S = 20.0
BAD_RECEIPTS = 60
"""A minute from one address: a device never sends one."""


@dataclass(frozen=True, slots=True)
class Rates:
    """How often one address, one endpoint, one device that tests itself, one liar may come."""

    addresses: Rate
    endpoints: Rate
    tests: Rate
    liars: Rate


@dataclass(frozen=True, slots=True)
class Api:
    """What the routes work with. `fault` is set by the first fault of Kafka: the process ends after the answer."""

    door: Door
    sealer: Sealer
    vapid: VapidKey
    desk: Ed25519PublicKey | None
    publisher: Publisher
    shelf: Shelf
    tester: Tester
    proxies: Proxies
    rates: Rates
    heard: Heard
    fault: "asyncio.Future[None]"

    async def subscribe(self, request: Request) -> Response:
        """POST /subscriptions: 201 with the subscriber's id and the token that is theirs."""
        wanted = validate(await body_of(request), self.door)
        subscriber = subscriber_id(wanted.endpoint)
        if not self._may(self.rates.endpoints, subscriber):
            return too_often(60)
        former = self._former(wanted, subscriber)
        profile = replace(await self._profile(wanted, subscriber), replaces=former)
        await put(self.publisher, self.sealer, profile, now_utc())
        if former is not None:
            await erase(self.publisher, former, now_utc())
        get_logger().info("subscribed", service=service_of(wanted.endpoint), places=len(wanted.places))
        return JSONResponse({"subscriber": subscriber, "token": self.sealer.leave_token(subscriber)}, 201)

    async def leave(self, request: Request) -> Response:
        """DELETE /subscriptions/{subscriber}: 204 once it is written; the same again is 204, too."""
        subscriber = self._owner(request)
        await erase(self.publisher, subscriber, now_utc())
        get_logger().info("left")
        return Response(status_code=204)

    async def show(self, request: Request) -> Response:
        """GET /subscriptions/{subscriber}: what we know of them; 404 if that is nothing."""
        return JSONResponse(shown(await self._known(self._owner(request))))

    async def test(self, request: Request) -> Response:
        """POST /subscriptions/{subscriber}/test: a push to themselves, at once; 502 if the push service refuses it."""
        subscriber = self._owner(request)
        if not self._may(self.rates.tests, subscriber):
            return too_often(int(TEST_EVERY_S))
        known = await self._known(subscriber)
        name, came = await self.tester.send(known.profile, now_utc())
        if isinstance(came, Answer) and came.status < 300:
            return JSONResponse({"status": came.status, "id": name})
        status = came.status if isinstance(came, Answer) else None
        get_logger().warning("a test was refused", service=known.service, status=status)
        answer = {"code": "push_refused", "text": "The push service did not take the test.", "status": status}
        return JSONResponse(answer, 502)

    async def show_vapid(self, _request: Request) -> Response:
        """GET /vapid: what a browser needs as applicationServerKey."""
        return JSONResponse({"public_key": self.vapid.public_text, "key_id": self.vapid.key_id})

    async def receive(self, request: Request) -> Response:
        """POST /receipts: what a device that got a push reports about it; 204, and the same again changes nothing."""
        said = Reported.of(await body_of(request))
        whose = (subscriber_of(key, said.receipt, said.world, said.id, said.rev) for key in self.sealer.receipt_keys)
        subscriber = next((one for one in whose if one is not None), None)
        if subscriber is None:
            if not self._may(self.rates.liars, self._visitor(request)):
                return too_often(60)
            return no(401, "receipt_wrong", "This receipt token was not made for this message.")
        record = receipt_of(said, subscriber, now_utc())
        if record.id not in self.heard:
            await self.publisher.send("receipts", record.order_id, record)
            self.heard.add(record.id)
        return Response(status_code=204)

    async def limited(self, request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        """Every request about a subscription, and who asks too often. Devices behind one address all report at once
        when an order goes out: receipts have limits of their own."""
        if request.method != "OPTIONS" and request.url.path.startswith("/subscriptions"):
            visitor = self._visitor(request)
            exempt = self.door.hosts.local and is_loopback(visitor)
            if not exempt and not self._may(self.rates.addresses, visitor):
                return too_often(60)
        return await answer(request)

    def _owner(self, request: Request) -> str:
        subscriber = str(request.path_params["subscriber"])
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not self.sealer.may_leave(subscriber, token):
            raise Refused("token_wrong", "This token does not belong to this subscriber.")
        return subscriber

    async def _known(self, subscriber: str) -> Known:
        for _ in range(LOOKS):
            known = await self.shelf.find(subscriber)
            if known is not None:
                return known
            await asyncio.sleep(LOOK_S)
        raise Refused("unknown", "We know nobody with this id: subscribe again.")

    def _former(self, wanted: Wanted, subscriber: str) -> str | None:
        """Who this device was. A token that does not fit is no reason not to subscribe."""
        former = wanted.replaces
        if former is None or former.subscriber == subscriber:
            return None
        return former.subscriber if self.sealer.may_leave(former.subscriber, former.token) else None

    def _visitor(self, request: Request) -> str:
        peer = request.client.host if request.client else ""
        return self.proxies.visitor(peer, request.headers.get("x-forwarded-for", ""))

    def _may(self, rate: Rate, key: str) -> bool:
        return rate.allow(key, asyncio.get_running_loop().time())

    async def _profile(self, wanted: Wanted, subscriber: str) -> Profile:
        officer = None if wanted.ticket is None else self._officer(wanted.ticket)
        return Profile.of(wanted, await self._key_id(subscriber), officer)

    async def _key_id(self, subscriber: str) -> str:
        """The key that a subscription is bound to. While keys are changed, one that we know keeps the key it has."""
        if len(self.tester.ring) == 1:
            return self.vapid.key_id
        known = await self.shelf.find(subscriber)
        bound = known.profile.vapid_key_id if known else self.vapid.key_id
        return bound if bound in self.tester.ring else self.vapid.key_id

    def _officer(self, ticket: str) -> str:
        if self.desk is None:
            raise Refused("ticket_unknown", "This server knows no desk: officers' devices cannot register here.")
        try:
            return check_ticket(self.desk, ticket, now_utc())
        except BadTicket as error:
            raise Refused("ticket_wrong", f"{error}.") from error
