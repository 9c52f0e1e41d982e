"""Where residents' pages were before they became files of their own: old links still lead to them."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from console.web import Desk, Refused, desk_of
from schemas.public_paths import FIRST_LANGUAGE, folder, order_page
from schemas.records.base import World
from schemas.records.decided import LANGUAGES

routes = APIRouter()


@routes.get("/public")
@routes.get("/public/{world}")
async def in_force(request: Request, world: World = World.ACTUAL, lang: str = FIRST_LANGUAGE) -> Response:
    """The list of orders in force."""
    return _to(desk_of(request), folder(world, lang if lang in LANGUAGES else FIRST_LANGUAGE))


@routes.get("/public.json")
async def data(request: Request, world: World = World.ACTUAL) -> Response:
    """The same as data."""
    return _to(desk_of(request), f"{folder(world)}orders.json")


@routes.get("/orders/{order_id}")
async def order(request: Request, order_id: str, lang: str = FIRST_LANGUAGE) -> Response:
    """One order."""
    desk = desk_of(request)
    found = [world for world, view in desk.projection.worlds.items() if order_id in view.orders]
    if not found:
        raise Refused(404, "この番号の避難情報はありません。")
    return _to(desk, order_page(found[0], lang if lang in LANGUAGES else FIRST_LANGUAGE, order_id))


def _to(desk: Desk, path: str) -> Response:
    if not desk.settings.public_url:
        raise Refused(404, "住民のページの場所が設定されていません（SONAE_PUBLIC_URL）。")
    return RedirectResponse(f"{desk.settings.public_url.rstrip('/')}/{path}", 307)
