"""The public pages as files: a book and a time in, paths and bytes out. No Kafka, no disk, no clock."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from console.phrases import phrases
from console.public.book import Book
from console.public.words import Words, every_language, text_of, words
from schemas.levels import DRILL_MARK, marked
from schemas.public_paths import FIRST_LANGUAGE, folder, order_data, order_page
from schemas.records.base import Origin, World
from schemas.records.decided import LANGUAGES, Order, Text
from schemas.reference import municipalities

HERE = Path(__file__).parent
PAST_SHOWN = 200
ASSETS = ("public.css", "fresh.js", "icon.svg")
STATUS = "status.html"


@dataclass(frozen=True, slots=True)
class Told:
    """Until when the pages are true: `as_of` is event time, `checked_at` the real time when Kafka had nothing more."""

    as_of: datetime
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class Look:
    """What an operator decides: which towns to name when nothing is in force, whether all this is a replay, and whether
    residents can subscribe."""

    towns: tuple[str, ...] = ()
    replay: bool = False
    resident: bool = True


def assets() -> dict[str, bytes]:
    """Style, script, icon, and the page for what does not exist."""
    files = {f"static/{name}": (HERE / "static" / name).read_bytes() for name in ASSETS}
    return files | {"404.html": (HERE / "static" / "404.html").read_bytes()}


def no_status() -> bytes:
    """The status page where no link test runs: every page leads to one, and it says what there is to see instead."""
    return (HERE / "static" / STATUS).read_bytes()


def lists(book: Book, world: World, told: Told, look: Look) -> dict[str, bytes]:
    """The pages of what is in force and of what was, in every language, and the same as data."""
    in_force, past = book.in_force(world), book.past(world, PAST_SHOWN)
    replay = look.replay or any(order.origin is Origin.REPLAY for order in in_force)
    towns = sorted({order.municipality for order in in_force})
    context = {
        "towns": [(town, [o for o in in_force if o.municipality == town]) for town in towns],
        "quiet": [town for town in look.towns if town not in towns],
        "unreadable": book.unreadable[world],
        "past": past,
        "resident": look.resident,
    }
    files = {}
    for said in every_language():
        files[f"{folder(world, said.lang)}past.html"] = _page(
            "past.html", "past.html", world, said, told, replay, context
        )
        files[f"{folder(world, said.lang)}index.html"] = _page("index.html", "", world, said, told, replay, context)
    data = {
        "version": 1,
        "world": world,
        "as_of": _iso(told.as_of),
        "checked_at": _iso(told.checked_at),
        "replay": replay,
        "municipalities": look.towns,
        "unreadable": book.unreadable[world],
        "orders": [_order_json(order) for order in in_force],
    }
    return files | {f"{folder(world)}orders.json": _json(data)}


def of_order(book: Book, world: World, order_id: str, told: Told, look: Look) -> dict[str, bytes]:
    """One order's page in every language and its data. What is lifted does not age: it keeps the time of its end."""
    revisions = book.revisions(world, order_id)
    order = revisions[-1]
    if not order.in_force:
        told = Told(order.issued_at, order.made_at)
    replay = look.replay or order.origin is Origin.REPLAY
    files = {}
    for said in every_language():
        context = {"order": order, "revisions": revisions}
        page = _page("order.html", f"orders/{order_id}.html", world, said, told, replay, context)
        files[order_page(world, said.lang, order_id)] = page
    data = {"version": 1, "world": world, "as_of": _iso(told.as_of), "checked_at": _iso(told.checked_at)}
    steps = [
        {"revision": o.revision, "action": o.action, "level": o.level, "issued_at": _iso(o.issued_at)}
        for o in revisions
    ]
    return files | {order_data(world, order_id): _json(data | _order_json(order) | {"revisions": steps})}


def _order_json(order: Order) -> dict[str, Any]:
    named = municipalities().get(order.municipality)
    return {
        "id": order.id,
        "revision": order.revision,
        "world": order.world,
        "action": order.action,
        "in_force": order.in_force,
        "municipality": order.municipality,
        "municipality_name": order.municipality_name,
        "hazard": order.hazard,
        "order_type": order.order_type,
        "level": order.level,
        "areas": [
            {"code": code, "name": words(FIRST_LANGUAGE).area(code)}
            for code in order.areas or (named.areas if named else ())
        ],
        "districts": order.districts,
        "texts": [asdict(_marked(order, text)) for text in order.texts],
        "issued_at": _iso(order.issued_at),
    }


def _page(
    template: str, path: str, world: World, said: Words, told: Told, replay: bool, context: dict[str, Any]
) -> bytes:
    common = {
        "w": said,
        "say": said.say,
        "world": world,
        "mark": DRILL_MARK[world],
        "replay": replay,
        "told": told,
        "join": phrases(said.lang)["join"],
        "checked_at": _iso(told.checked_at),
        "home": f"/{folder(world, said.lang)}",
        "links": [(words(lang), f"/{folder(world, lang)}{path}") for lang in LANGUAGES],
        "text_of": lambda order, lang: _marked(order, text_of(order, lang)),
        "page_of": lambda order: f"/{order_page(world, said.lang, order.id)}",
    }
    return _templates().get_template(template).render(common | context).encode()


def _marked(order: Order, text: Text) -> Text:
    """A drill's words say so wherever they are copied to."""
    return replace(text, title=marked(order.world, text.title), body=marked(order.world, text.body))


@cache
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _json(data: dict[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False, indent=1).encode()


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
