"""All files of one world, from its book of orders. Pure: path → bytes, so a lost folder is written again as it was."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from notifier.cap.alert import Issuer, alert_of
from notifier.cap.book import Book
from notifier.cap.feed import PAST_KEPT, feed_of, folder_of
from notifier.cap.lalert import lalert_of
from notifier.cap.sign import Signer, written
from notifier.cap.words import identifier_of
from schemas.records.decided import Action, Order


def files_of_order(book: Book, order_id: str, issuer: Issuer, signer: Signer | None) -> Iterator[tuple[str, bytes]]:
    """Every revision's alert and its L-Alert elements."""
    history, folder = book.history(order_id), folder_of(book.world)
    for count in range(1, len(history) + 1):
        until = history[:count]
        name = identifier_of(until[-1])
        yield f"{folder}cap/{name}.xml", written(alert_of(until, issuer), signer)
        yield f"{folder}lalert/{name}.json", msgspec.json.format(msgspec.json.encode(lalert_of(until)), indent=1)


def feeds_of(book: Book, issuer: Issuer, signer: Signer | None, read_at: datetime) -> Iterator[tuple[str, bytes]]:
    """Both feeds. Whoever reads them sees each order once, as it stands.

    `read_at` is used while there has been no order at all: who starts again writes what stands, at whatever time.
    """
    newest = list(book.newest())
    changed_at = max((one.made_at for one in newest), default=read_at)
    lists = {
        "alerts": [one for one in newest if not is_over(one)],
        "alerts-past": [one for one in newest if is_over(one)],
    }
    for name, orders in lists.items():
        feed = feed_of(name, book.world, orders[:PAST_KEPT] if name == "alerts-past" else orders, issuer, changed_at)
        yield f"{folder_of(book.world)}{name}.atom", written(feed, signer)


def is_over(order: Order) -> bool:
    """Lifted, or withdrawn. `deliver_until` ends only the sending, never the order."""
    return order.action is Action.LIFT or not order.in_force
