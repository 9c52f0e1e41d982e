"""From a job and a recipient's entry to a push: the letter in their language, the guard's last word, the send."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urljoin

from notifier.guard import Asked, Device, Reason, Words, deliver_until, end_of, stops_device, stops_job
from notifier.pages import Entry
from notifier.receipts import receipt_token
from notifier.render import Letter, Unrenderable, render
from notifier.webpush.send import Address, Ended, Later, Parcel, Sender, topic_of
from notifier.webpush.transport import is_loopback
from schemas.records.base import World
from schemas.records.delivered import DeliveryJob, End

AskNow = Callable[[], Awaitable[Asked]]


@dataclass(frozen=True, slots=True)
class Links:
    """Where a tap leads: an order's page beside the residents' page, a call's page on the desk."""

    public_url: str
    console_url: str

    def of(self, job: DeliveryJob) -> str:
        """The page of this job's order or call."""
        if job.call is not None:
            return f"{self.console_url.rstrip('/')}/calls/{job.call.id}"
        return urljoin(self.public_url, f"orders/{job.order_id}")


class Mail:
    """The letters of one job, made once per language and form."""

    def __init__(self, job: DeliveryJob, sender: Sender, links: Links, receipt_key: bytes) -> None:
        self._job = job
        self._sender = sender
        self._url = links.of(job)
        self._receipt_key = receipt_key
        self._topic = topic_of(job.order_id)
        self._letters: dict[tuple[str, bool], Letter] = {}

    async def deliver(self, entry: Entry, ask: AskNow, overtakes: bool) -> Ended | Later:
        """One try for one recipient. `ask` says what is known now; it is asked again just before the push leaves."""
        try:
            letter = self._letter(entry)
            payload = letter.payload(self._receipt(entry))
        except Unrenderable as error:
            return Ended(End.REFUSED, None, str(error), "unrenderable", alarm=True)
        asked = await ask()
        device = Device(is_loopback(entry.endpoint), entry.drills, None)
        reason = stops_device(asked, device, Words(letter.title, letter.body))
        if reason is not None:
            return stopped(reason)
        address = Address(entry.endpoint, entry.p256dh, entry.auth, entry.vapid_key_id)
        parcel = Parcel(payload, self._topic, self._job.world == World.ACTUAL, deliver_until(asked))
        return await self._sender.send(address, parcel, self._job.attempt + 1, _objection(ask), overtakes)

    def _letter(self, entry: Entry) -> Letter:
        # Safari shows a declarative push even when its service worker fails (pitfalls.md §3.2).
        form = entry.lang, entry.endpoint.startswith("https://web.push.apple.com/")
        found = self._letters.get(form)
        if found is None:
            found = self._letters[form] = render(self._job, entry.lang, self._url, declarative=form[1])
        return found

    def _receipt(self, entry: Entry) -> str:
        job = self._job
        return receipt_token(self._receipt_key, job.world, entry.subscriber, job.order_id, job.revision)


def stopped(reason: Reason) -> Ended:
    """The end that the guard's refusal is."""
    return Ended(end_of(reason), None, f"guard: {reason}", f"guard_{reason}", alarm=reason in _FAULTS)


_FAULTS = frozenset({Reason.UNKNOWN, Reason.OTHER_WORLD, Reason.UNMARKED, Reason.MISMARKED})


def _objection(ask: AskNow) -> Callable[[], Awaitable[Ended | None]]:
    async def now() -> Ended | None:
        reason = stops_job(await ask())
        return None if reason is None else stopped(reason)

    return now
