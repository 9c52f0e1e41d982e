"""Server-rendered pages: the template environment, what every page carries, and the answers to what goes wrong."""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from fastapi.responses import HTMLResponse
from starlette.requests import Request

from console import cards, words
from console.phrases import LONGEST, language_name, tongue
from console.provenance import provenance
from console.sessions import Session
from console.sourcewords import name_of
from console.unknowns import words_of
from console.web import Visitor, desk_of
from schemas.levels import DRILL_MARK, HAZARD_WORDS, LEVELS, ORDER_WORDS, marked
from schemas.records.base import Hazard, OrderType, World
from schemas.reference import areas, municipalities

FOLDER = Path(__file__).with_name("templates")


@cache
def environment() -> jinja2.Environment:
    """Everything is escaped; a name that a template misspells is an error, not an empty string."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"jst": words.jst, "hm": words.clock_time, "wide": words.wide}
    made.filters |= {"marked": lambda text, world: marked(world, text), "tongue": tongue, "lasted": words.lasted}
    made.globals |= {
        "words": words,
        "LEVELS": LEVELS,
        "ORDERS": {kind: ORDER_WORDS[kind][0] for kind in OrderType},
        "HAZARDS": {hazard: HAZARD_WORDS[hazard][0] for hazard in Hazard},
        "HAZARDS_EN": {hazard: HAZARD_WORDS[hazard][1] for hazard in Hazard},
        "MARKS": DRILL_MARK,
        "WORLDS": tuple(World),
        "town_name": town_name,
        "area_name": area_name,
        "level_class": level_class,
        "language_name": language_name,
        "LONGEST": LONGEST,
        "unknown": words_of,
        "provenance": provenance,
        "source_name": name_of,
    }
    return made


def render(request: Request, template: str, context: dict[str, Any] | None = None, status: int = 200) -> HTMLResponse:
    """A page for somebody who is not signed in."""
    desk = desk_of(request)
    common = {"who": None, "csrf": "", "world": World.ACTUAL, "banner": "", "officers": desk.officers, "here": ""}
    page = environment().get_template(template).render(common | (context or {}))
    return HTMLResponse(page, status)


def render_for(
    request: Request,
    who: Visitor,
    world: World,
    template: str,
    context: dict[str, Any] | None = None,
    status: int = 200,
) -> HTMLResponse:
    """A page for an officer in a world: with the world's frame, the banner of replays, and their open calls."""
    desk = desk_of(request)
    view = desk.projection.worlds[world]
    replay = bool(desk.settings.clock) or cards.replayed(view, who.towns)
    common = {
        "who": who,
        "csrf": who.session.csrf,
        "world": world,
        "now": who.now,
        "banner": desk.settings.banner if replay else "",
        "calls": cards.open_calls(view, who.towns),
        "cut_off_at": None if desk.linked() else desk.read_at(),
        "age": lambda moment: words.age(moment, who.now),
        "here": request.url.path,
    }
    return render(request, template, common | (context or {}), status)


def town_name(code: str) -> str:
    """藤沢市; an unknown code reads as itself."""
    found = municipalities().get(code)
    return found.name if found else code


def area_name(code: str) -> str:
    """The name of an area or municipality code."""
    found = areas().get(code)
    return found.name if found else town_name(code)


def level_class(level: int | None, called: bool = True) -> str:
    """The colour class of a level: tsunami orders, which have no number, wear level 4's purple."""
    if level is None:
        return "level-tsunami" if called else "level-0"
    return f"level-{level}"


def session_of(request: Request) -> Session | None:
    """The session that a route found, if any."""
    found: Session | None = getattr(request.state, "session", None)
    return found


def moment_text(moment: datetime | None) -> str:
    """A time in JST, or that there is none."""
    return words.jst(moment) if moment else "—"
