"""Atom feeds (RFC 4287) of alerts: those in force, and those that are over. Pure."""

from collections.abc import Sequence
from datetime import datetime

from lxml import etree

from notifier.cap.alert import Issuer
from notifier.cap.words import REPLAY_MARK, identifier_of, said, status_of, time_of
from schemas.levels import DRILL_MARK
from schemas.records.base import Origin, World
from schemas.records.decided import Order

ATOM = "http://www.w3.org/2005/Atom"
CAP_TYPE = "application/cap+xml"
PAST_KEPT = 500
TITLES = {"alerts": "発令中の避難情報 Orders in force", "alerts-past": "過去の避難情報 Past orders"}


def folder_of(world: World) -> str:
    """Where a world's files lie: a drill's are never among real ones."""
    return "" if world is World.ACTUAL else f"{world}/"


def feed_of(name: str, world: World, orders: Sequence[Order], issuer: Issuer, emptied_at: datetime) -> etree._Element:
    """The feed `name` (`alerts` or `alerts-past`); `orders` the newest first; without any, it is so since `emptied_at`.

    `updated` is the newest alert's time, not the clock's: readers who compare it fetch nothing twice.
    """
    home = f"{issuer.public_url.rstrip('/')}/{folder_of(world)}"
    feed = etree.Element(_name("feed"), nsmap={None: ATOM})
    _put(feed, "id", f"urn:sonae:{issuer.domain}:{world}:{name}")
    replayed = any(order.origin is not Origin.LIVE for order in orders)
    _put(feed, "title", f"{DRILL_MARK[world]}{REPLAY_MARK if replayed else ''}{TITLES[name]}")
    _put(feed, "updated", time_of(max((order.made_at for order in orders), default=emptied_at)))
    _put(etree.SubElement(feed, _name("author")), "name", issuer.domain)
    etree.SubElement(feed, _name("link"), rel="self", href=f"{home}{name}.atom", type="application/atom+xml")
    other = "alerts-past" if name == "alerts" else "alerts"
    etree.SubElement(feed, _name("link"), rel="related", href=f"{home}{other}.atom", type="application/atom+xml")
    for order in orders:
        feed.append(_entry(order, home, issuer))
    return feed


def _entry(order: Order, home: str, issuer: Issuer) -> etree._Element:
    entry = etree.Element(_name("entry"))
    text = next(text for text in order.texts if text.lang == "ja")
    _put(entry, "id", f"urn:sonae:{issuer.domain}:{order.world}:{identifier_of(order)}")
    _put(entry, "title", said(order, text.title))
    _put(entry, "updated", time_of(order.made_at))
    _put(entry, "published", time_of(order.issued_at))
    _put(entry, "summary", said(order, text.body))
    etree.SubElement(entry, _name("category"), term=status_of(order), scheme="urn:oasis:names:tc:emergency:cap:1.2")
    etree.SubElement(entry, _name("link"), rel="alternate", type=CAP_TYPE, href=f"{home}cap/{identifier_of(order)}.xml")
    etree.SubElement(entry, _name("link"), rel="related", type="text/html", href=issuer.page(order, "ja"))
    return entry


def _put(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, _name(name)).text = text


def _name(local: str) -> str:
    return f"{{{ATOM}}}{local}"
