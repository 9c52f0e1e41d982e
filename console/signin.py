"""Signing in and out: a form, a session cookie, and patience after wrong passwords."""

import asyncio
from contextlib import suppress
from typing import Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from console.pages import render
from console.sessions import COOKIE, DOOR_COOKIE, Session
from console.web import Desk, NotSignedIn, Refused, check_csrf, desk_of, visitor
from schemas.process import log
from schemas.process.clock import now_utc

routes = APIRouter()
WRONG = "職員IDまたはパスワードが違います。"
HOME = "/desk/actual"


@routes.get("/signin")
async def show(request: Request, next: str = HOME) -> Response:  # noqa: A002 -- the parameter's name in the address
    """The form."""
    return _form(request, next, "")


@routes.post("/signin")
async def submit(
    request: Request,
    officer: str = Form(""),
    password: str = Form(""),
    door: str = Form(""),
    onward: str = Form(HOME),
) -> Response:
    """The form, sent: the page the officer wanted, or the form again with what was wrong."""
    if not desk_of(request).sessions.is_door(request.cookies.get(DOOR_COOKIE), door):
        return _form(request, onward, "画面が古くなっていました。もう一度入力してください。", 403)
    try:
        await sign_in(request, officer.strip(), password)
    except Refused as refused:
        return _form(request, onward, refused.text, refused.status)
    return RedirectResponse(_inside(onward), 303)


@routes.post("/signout")
async def leave(request: Request, csrf: str = Form("")) -> Response:
    """Sign out."""
    with suppress(NotSignedIn):
        check_csrf(await visitor(request), csrf)
    request.state.session = None
    return sign_out(RedirectResponse("/signin", 303))


async def sign_in(request: Request, officer_id: str, password: str) -> Session:
    """A fresh session, set as a cookie with the answer; raises Refused."""
    desk = desk_of(request)
    address = request.client.host if request.client else "?"
    wait = desk.attempts.wait(officer_id, address, now_utc())
    if wait is not None:
        raise Refused(
            429, f"サインインの失敗が続きました。約{int(wait.total_seconds() // 60) + 1}分後にもう一度試してください。"
        )
    officer = await asyncio.to_thread(desk.officers.check, officer_id, password)
    if officer is None:
        desk.attempts.wrong(officer_id, address, now_utc())
        log.get_logger().warning("sign-in refused", address=address)
        raise Refused(401, WRONG)
    desk.attempts.right(officer_id, address)
    session = desk.sessions.begin(officer, now_utc(), request.cookies.get(COOKIE))
    request.state.session, request.state.fresh = session, True
    log.get_logger().info("signed in", officer=officer.id)
    return session


def sign_out(response: Response) -> Response:
    """The answer that forgets the session."""
    response.delete_cookie(COOKIE, path="/")
    return response


def who_json(desk: Desk, session: Session) -> dict[str, Any]:
    """The signed-in officer for scripts."""
    officer = desk.officers.by_id[session.officer]
    return {
        "officer": officer.id,
        "name": officer.name,
        "roles": sorted(officer.roles),
        "municipalities": officer.municipalities,
        "csrf": session.csrf,
    }


def _form(request: Request, onward: str, problem: str, status: int = 200) -> Response:
    desk = desk_of(request)
    door = desk.sessions.new_door()
    response = render(request, "signin.html", {"door": door, "onward": onward, "problem": problem}, status)
    secure = desk.settings.console_url.startswith("https")
    response.set_cookie(
        DOOR_COOKIE, door, max_age=3600, httponly=True, samesite="strict", secure=secure, path="/signin"
    )
    return response


def _inside(address: str) -> str:
    """Only addresses of the desk itself: a sign-in never leads elsewhere."""
    inside = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if inside else HOME
