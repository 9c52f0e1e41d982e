"""The letters of one job: rendered and checked once per language and form; a recipient adds only a token."""

from dataclasses import dataclass

from notifier.guard import Asked, Device, Reason, Words, end_of, stops_device
from notifier.receipts import receipts_for
from notifier.render import Letter, render
from notifier.webpush.send import Ended
from schemas.public_paths import order_page
from schemas.records.delivered import DeliveryJob, End

_FAULTS = frozenset({Reason.UNKNOWN, Reason.OTHER_WORLD, Reason.UNMARKED, Reason.MISMARKED})
_TOKEN_BYTES = 57
"""A subscriber's id of 22, a dot, 32 characters of a MAC, and quotes: what a payload must still hold."""


@dataclass(frozen=True, slots=True)
class Links:
    """Where a tap leads: an order's page beside the residents' page, a call's page on the desk."""

    public_url: str
    console_url: str

    def of(self, job: DeliveryJob, lang: str) -> str:
        """The page of this job's order, in this language, or of its call."""
        if job.call is not None:
            return f"{self.console_url.rstrip('/')}/calls/{job.call.id}"
        return f"{self.public_url.rstrip('/')}/{order_page(job.world, lang, job.order_id)}"


class Letters:
    """One job's letters, by language and form."""

    def __init__(self, job: DeliveryJob, links: Links, receipt_key: bytes) -> None:
        self._job = job
        self._links = links
        self.token = receipts_for(receipt_key, job.world, job.order_id, job.revision)
        self._made: dict[tuple[str, bool], Letter | Ended] = {}

    def of(self, lang: str, declarative: bool) -> Letter | Ended:
        """The letter, or the end of everybody who reads it: it cannot be said, or it is too long."""
        form = lang, declarative
        found = self._made.get(form)
        if found is None:
            found = self._made[form] = self._render(lang, declarative)
        return found

    def verdict(self, asked: Asked, lang: str, declarative: bool, loopback: bool, drills: bool) -> Ended | None:
        """Why such a device does not get it, None if it does. The whole guard, for all devices that are alike."""
        letter = self.of(lang, declarative)
        if isinstance(letter, Ended):
            return letter
        reason = stops_device(asked, Device(loopback, drills, None), Words(letter.title, letter.body))
        return None if reason is None else stopped(reason)

    def _render(self, lang: str, declarative: bool) -> Letter | Ended:
        try:
            letter = render(self._job, lang, self._links.of(self._job, lang), declarative=declarative)
            letter.payload("x" * (_TOKEN_BYTES - 2))
        except ValueError as error:  # Unrenderable, or an id that is no page's name
            return Ended(End.REFUSED, None, str(error), "unrenderable", alarm=True)
        return letter


def payload(letter: Letter, token: bytes) -> bytes:
    """The payload around a receipt token as JSON; as Letter.payload makes it, whose limit was looked at before."""
    return b"".join((letter.head, token, letter.tail))


def stopped(reason: Reason) -> Ended:
    """The end that the guard's refusal is."""
    return Ended(end_of(reason), None, f"guard: {reason}", f"guard_{reason}", alarm=reason in _FAULTS)
