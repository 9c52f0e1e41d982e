"""Where the public pages lie under their address: what pushes link to and the publisher writes.

Japanese stands at the root of a world, each other language in a folder of its own; drills and tests in theirs.
"""

import re

from schemas.records.base import World
from schemas.records.decided import LANGUAGES

FIRST_LANGUAGE = LANGUAGES[0]
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def folder(world: World, lang: str = FIRST_LANGUAGE) -> str:
    """The folder of a world and language, with its last slash: "", "en/", "exercise/", "exercise/en/"."""
    return ("" if world is World.ACTUAL else f"{world}/") + ("" if lang == FIRST_LANGUAGE else f"{lang}/")


def order_page(world: World, lang: str, order_id: str) -> str:
    """The page of one order, which stays for ever. Raises ValueError for an id that is no file name."""
    return f"{folder(world, lang)}orders/{_safe(order_id)}.html"


def order_data(world: World, order_id: str) -> str:
    """The same as JSON, once for all languages."""
    return f"{folder(world)}orders/{_safe(order_id)}.json"


def _safe(order_id: str) -> str:
    if not _ID.fullmatch(order_id):
        raise ValueError(f"{order_id[:80]!r} is no order's id: letters, digits, - and _ make a file name")
    return order_id
