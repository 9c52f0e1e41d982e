"""What everybody may see: orders in force, in official words, with the time of the data. No trends, no forecasts.

A page that would be empty only because the desk is not ready is a 503 that says so: it never replaces a good one.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from console import cards, words
from console.pages import area_name, environment, town_name
from console.web import Desk, Refused, desk_of
from schemas.levels import DRILL_MARK, HAZARD_WORDS, ORDER_WORDS
from schemas.process.clock import now_utc
from schemas.records.base import Origin, World
from schemas.records.decided import Order, Text
from schemas.reference import areas, municipalities

routes = APIRouter()
LANGS = ("ja", "ja-easy", "en")
KEEP = {"Cache-Control": "public, max-age=5, stale-if-error=600"}


@dataclass(frozen=True, slots=True)
class Freshness:
    """Until when the page is true: `as_of` is event time, `linked` false when the records have not answered lately."""

    as_of: datetime
    linked: bool


@routes.get("/public")
@routes.get("/public/{world}")
async def page(request: Request, world: World = World.ACTUAL, lang: str = "ja") -> Response:
    """Orders in force, municipality by municipality."""
    desk = desk_of(request)
    lang = lang if lang in LANGS else "ja"
    if not desk.ready():
        return _page("public_wait.html", desk, world, lang, {}, 503)
    view = desk.projection.worlds[world]
    in_force = cards.in_force(view)
    towns = sorted({order.municipality for order in in_force})
    context = {
        "towns": [(town, [o for o in in_force if o.municipality == town]) for town in towns],
        "quiet": [town for town in _served(desk) if town not in towns],
        "fresh": await _freshness(desk),
    }
    return _page("public.html", desk, world, lang, context, replay=_replayed(desk, in_force))


@routes.get("/orders/{order_id}")
async def order(request: Request, order_id: str, lang: str = "ja") -> Response:
    """One order as it stands: what a resident's push opens."""
    desk = desk_of(request)
    lang = lang if lang in LANGS else "ja"
    if not desk.ready():
        return _page("public_wait.html", desk, World.ACTUAL, lang, {}, 503)
    found = next((view.newest(order_id) for view in desk.projection.worlds.values() if order_id in view.orders), None)
    if found is None:
        raise Refused(404, "この番号の避難情報はありません。")
    context = {"order": found, "fresh": await _freshness(desk)}
    return _page("public_order.html", desk, found.world, lang, context, replay=_replayed(desk, (found,)))


@routes.get("/public.json")
async def machine(request: Request, world: World = World.ACTUAL) -> Response:
    """The same as data."""
    desk = desk_of(request)
    if not desk.ready():
        return JSONResponse({"error": "still reading: this does not mean that no order is in force"}, 503)
    in_force, fresh = cards.in_force(desk.projection.worlds[world]), await _freshness(desk)
    body = {
        "world": world,
        "as_of": fresh.as_of,
        "linked": fresh.linked,
        "replay": _replayed(desk, in_force),
        "municipalities": _served(desk),
        "orders": [_order_json(found) for found in in_force],
    }
    return JSONResponse(msgspec.to_builtins(body), headers=KEEP)


def text_of(order: Order, lang: str) -> Text:
    """The order's words in a language, in Japanese where there are none: looked up by name."""
    by_lang = {text.lang: text for text in order.texts}
    return by_lang.get(lang) or by_lang["ja"]


def _order_json(order: Order) -> dict[str, Any]:
    return {
        "id": order.id,
        "revision": order.revision,
        "municipality": order.municipality,
        "municipality_name": order.municipality_name,
        "hazard": order.hazard,
        "order_type": order.order_type,
        "level": order.level,
        "areas": [{"code": code, "name": area_name(code)} for code in order.areas or _all_areas(order)],
        "districts": order.districts,
        "texts": order.texts,
        "issued_at": order.issued_at,
    }


def _all_areas(order: Order) -> tuple[str, ...]:
    return municipalities()[order.municipality].areas


def _served(desk: Desk) -> list[str]:
    """Municipalities whose officers work with this desk; of others the page says nothing."""
    return sorted({town for officer in desk.officers.by_id.values() for town in officer.municipalities})


async def _freshness(desk: Desk) -> Freshness:
    read_at = desk.read_at() or now_utc()
    return Freshness(await desk.clock.now() if desk.linked() else read_at, desk.linked())


def _replayed(desk: Desk, shown: tuple[Order, ...]) -> bool:
    return bool(desk.settings.clock) or any(order.origin is Origin.REPLAY for order in shown)


def _page(
    template: str,
    desk: Desk,
    world: World,
    lang: str,
    context: dict[str, Any],
    status: int = 200,
    replay: bool = False,
) -> HTMLResponse:
    common = {
        "lang": lang,
        "langs": LANGS,
        "world": world,
        "mark": DRILL_MARK[world],
        "banner": desk.settings.banner if replay else "",
        "text_of": text_of,
        "where": _where,
        "hazard_word": lambda hazard: HAZARD_WORDS[hazard][lang == "en"],
        "order_word": _order_word,
        "town": lambda code: municipalities()[code].name_en if lang == "en" else town_name(code),
        "when": lambda moment: _when(moment, lang),
    }
    page = environment().get_template(template).render(common | context)
    headers = KEEP if status == 200 else {"Retry-After": "5", "Cache-Control": "no-store"}
    return HTMLResponse(page, status, headers)


def _where(order: Order, lang: str) -> str:
    if order.districts:
        return ("、" if lang != "en" else ", ").join(order.districts)
    names = [areas()[code].name_en if lang == "en" else area_name(code) for code in order.areas]
    town = municipalities()[order.municipality]
    whole = f"all of {town.name_en}" if lang == "en" else f"{town.name}全域"
    return ("、" if lang != "en" else ", ").join(names) or whole


def _order_word(order: Order, lang: str) -> str:
    if lang != "en":
        return words.order_word(order.order_type, order.level)
    word = ORDER_WORDS[order.order_type][1]
    return f"Tsunami: {word}" if order.level is None else f"Alert Level {order.level}: {word}"


def _when(moment: datetime, lang: str) -> str:
    return f"{moment.astimezone(words.JST):%Y-%m-%d %H:%M} JST" if lang == "en" else words.jst(moment)
