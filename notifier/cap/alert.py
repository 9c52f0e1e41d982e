"""One order revision as a CAP 1.2 alert in our profile (docs/cap.md). Pure: the same history gives the same bytes."""

from dataclasses import dataclass

from lxml import etree

from notifier.cap.words import (
    LANGUAGE,
    PROFILE,
    categories_of,
    gravity_of,
    identifier_of,
    message_type,
    note_of,
    said,
    status_of,
    time_of,
)
from schemas.levels import HAZARD_WORDS, ORDER_WORDS
from schemas.public_paths import order_page
from schemas.records.decided import Order, Text
from schemas.reference import areas, check_digit, municipalities

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who speaks: the domain of senders' names, and where residents' pages are."""

    domain: str
    public_url: str

    def page(self, order: Order, lang: str) -> str:
        """The order's own page in a language."""
        return f"{self.public_url.rstrip('/')}/{order_page(order.world, lang, order.id)}"

    def sender(self, order: Order) -> str:
        """A name that nobody else uses (CAP 1.2 §3.2.1): the municipality's code at our domain."""
        return f"{order.municipality}@{self.domain}"


def alert_of(history: tuple[Order, ...], issuer: Issuer) -> etree._Element:
    """The alert of the last order of `history`, which holds its earlier revisions, oldest first.

    An Update or Cancel refers to all of them: whoever missed one still knows what is replaced.
    """
    order, before = history[-1], history[:-1]
    alert = etree.Element(_name("alert"), nsmap={None: NAMESPACE})
    _put(alert, "identifier", identifier_of(order))
    _put(alert, "sender", issuer.sender(order))
    _put(alert, "sent", time_of(order.made_at))
    _put(alert, "status", status_of(order))
    _put(alert, "msgType", message_type(order, before))
    _put(alert, "scope", "Public")
    _put(alert, "code", PROFILE)
    if (note := note_of(order)) is not None:
        _put(alert, "note", note)
    if before:
        _put(alert, "references", " ".join(_reference(one, issuer) for one in before))
    _put(alert, "incidents", order.id)
    for text in order.texts:
        alert.append(_info(order, text, issuer))
    return alert


def _info(order: Order, text: Text, issuer: Issuer) -> etree._Element:
    info, gravity = etree.Element(_name("info")), gravity_of(order)
    _put(info, "language", LANGUAGE[text.lang])
    for category in categories_of(order.hazard):
        _put(info, "category", category)
    _put(info, "event", event_of(order, text.lang))
    for response in gravity.response:
        _put(info, "responseType", response)
    for name in ("urgency", "severity", "certainty"):
        _put(info, name, getattr(gravity, name))
    _pair(info, "eventCode", "JP:kind", order.order_type)
    _put(info, "effective", time_of(order.issued_at))
    _put(info, "senderName", _town(order, text.lang))
    _put(info, "headline", said(order, text.title))
    _put(info, "description", said(order, text.body))
    _put(info, "web", issuer.page(order, text.lang))
    if order.level is not None:
        _pair(info, "parameter", "JP:level", str(order.level))
    _pair(info, "parameter", "JP:hazard", order.hazard)
    for code in order.areas or municipalities()[order.municipality].areas:
        info.append(_area(order, code, text.lang))
    return info


def event_of(order: Order, lang: str) -> str:
    """The order's name: under 35 characters, as some readers ask for (Google Public Alerts)."""
    japanese = lang in ("ja", "ja-easy")
    name, hazard = ORDER_WORDS[order.order_type][not japanese], HAZARD_WORDS[order.hazard][not japanese]
    whole = f"{name}（{hazard}）" if japanese else f"{name} ({hazard})"
    return whole if len(whole) < 35 else name


def _area(order: Order, code: str, lang: str) -> etree._Element:
    area, found = etree.Element(_name("area")), areas()[code]
    name = found.name if lang in ("ja", "ja-easy") else found.name_en
    _put(area, "areaDesc", f"{name}: {'、'.join(order.districts)}" if order.districts else name)
    _pair(area, "geocode", "JMA:class20", code)
    _pair(area, "geocode", "JP:LG", order.municipality + check_digit(order.municipality))
    return area


def _town(order: Order, lang: str) -> str:
    return order.municipality_name if lang in ("ja", "ja-easy") else municipalities()[order.municipality].name_en


def _reference(order: Order, issuer: Issuer) -> str:
    return f"{issuer.sender(order)},{identifier_of(order)},{time_of(order.made_at)}"


def _put(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, _name(name)).text = text


def _pair(parent: etree._Element, name: str, value_name: str, value: str) -> None:
    pair = etree.SubElement(parent, _name(name))
    _put(pair, "valueName", value_name)
    _put(pair, "value", value)


def _name(local: str) -> str:
    return f"{{{NAMESPACE}}}{local}"
