"""The desk's pages as a browser without script uses them: forms, tokens, refusals, policies, duty, reports."""

import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer

from schemas.codec import Codec
from schemas.kafka import read_to_end
from schemas.records.base import Hazard, OrderType, Origin, World
from schemas.records.decided import Action, Order, Text
from schemas.records.observed import Report, ReportKind
from schemas.signing import is_signed, public_key
from tests.integration.console_running import FUJISAWA, ODAWARA, PASSWORD, Town, recommendation, running_desk, trace

pytestmark = [pytest.mark.kafka, pytest.mark.asyncio(loop_scope="module")]
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """A desk and its decide, with one recommendation."""
    async with running_desk(kafka, f"t{uuid.uuid4().hex[:8]}-", tmp_path_factory.mktemp("desk")) as running:
        slope = recommendation(ODAWARA, 1, Hazard.LANDSLIDE, 4)
        await running.publisher.send("recommendations", ODAWARA, slope)
        yield running


async def test_sign_in_leads_only_inside(town: Town) -> None:
    """A link with another site behind `next` ends on the desk; a form without our token is not read."""
    async with client(town) as stranger:
        page = await stranger.get("/signin?next=https://evil.example/")
        fields = hidden(page) | {"officer": "sato", "password": PASSWORD}
        assert (await stranger.post("/signin", data=fields)).headers["location"] == "/desk/actual"
    async with client(town) as stranger:
        forged = await stranger.post("/signin", data={"officer": "sato", "password": PASSWORD, "door": "x"})
        assert forged.status_code == 403
        assert "sonae_desk" not in stranger.cookies


async def test_five_wrong_passwords_make_wait(town: Town) -> None:
    """The sixth try is not even looked at."""
    async with client(town) as stranger:
        codes = []
        for _ in range(6):
            answer = await stranger.post("/api/session", json={"officer": "tanaka", "password": "guess"})
            codes.append(answer.status_code)
    assert codes == [401] * 5 + [429]


async def test_pages_are_closed_and_strict(town: Town) -> None:
    """Without a session: to the sign-in. With one: no inline script may run, nothing is cached."""
    async with client(town) as stranger:
        assert (await stranger.get(f"/desk/actual/{ODAWARA}/landslide")).headers["location"].startswith("/signin")
    async with officer(town, "sato") as sato:
        page = await sato.get("/desk/actual")
        assert "script-src 'self'" in page.headers["content-security-policy"]
        assert "unsafe-inline" not in page.headers["content-security-policy"]
        assert page.headers["cache-control"] == "no-store"
        assert (await sato.get("/desk/actual/14999/landslide")).status_code == 404
        assert (await sato.get("/desk/nowhere")).status_code == 404


async def test_a_form_without_its_token_does_nothing(town: Town) -> None:
    """Another site cannot make an officer's browser decide."""
    async with officer(town, "sato") as sato:
        forged = await sato.post(f"/desk/actual/{ODAWARA}/landslide/submit", data={"case_id": "x", "digest": "y"})
        assert forged.status_code == 403


async def test_return_needs_a_reason_and_another_hand(town: Town) -> None:
    """Submitted, returned with a reason that the author reads; without a reason nothing happens."""
    place = f"/desk/actual/{ODAWARA}/landslide"
    async with officer(town, "sato") as sato, officer(town, "suzuki") as suzuki:
        form = hidden(await sato.get(f"{place}/propose")) | {"order_type": "evacuation_order", "minutes": "60"}
        form |= blanks(await sato.get(f"{place}/propose"))
        preview = await sato.post(f"{place}/preview", data=form)
        assert "住民に届く文面の確認" in preview.text
        done = await sato.post(f"{place}/propose", data=hidden(preview) | {"then": "submit"})
        assert "提出：受け付けました" in (await sato.get(done.headers["location"])).text

        waiting = hidden(await suzuki.get(place))
        silent = await suzuki.post(f"{place}/return", data=waiting | {"reason": " "})
        assert silent.status_code == 400
        unticked = await suzuki.post(f"{place}/approve", data=waiting)
        assert unticked.status_code == 400
        back = await suzuki.post(f"{place}/return", data=waiting | {"reason": "早川地区を入れてください"})
        assert "差し戻し：受け付けました" in (await suzuki.get(back.headers["location"])).text
        page = await sato.get(place)
        assert "差し戻されました" in page.text
        assert "早川地区を入れてください" in page.text


async def test_a_policy_takes_two(town: Town) -> None:
    """Signed by one, refused to the same, approved by another, revoked by one."""
    base = f"/policies/actual/{ODAWARA}"
    async with officer(town, "sato") as sato, officer(town, "suzuki") as suzuki:
        page = await sato.get(f"{base}/new?hazard=landslide")
        form = hidden(page) | blanks(page) | {"rules": "LS-4a、LS-4b", "order_type": "evacuation_order"}
        form |= {"minutes": "60", "days": "90", "note": "夜間"}
        signed = await sato.post(f"{base}/sign", data=form)
        assert "事前承認に署名：受け付けました" in (await sato.get(signed.headers["location"])).text
        waiting = approval(await suzuki.get("/policies/actual"))
        own = await sato.post(f"{base}/approve", data=waiting | hidden_csrf(await sato.get("/duty/actual")))
        assert "本人は承認できません" in (await sato.get(own.headers["location"])).text
        approved = await suzuki.post(f"{base}/approve", data=waiting)
        assert "事前承認を承認：受け付けました" in (await suzuki.get(approved.headers["location"])).text
        assert "取り消す" in (await sato.get("/policies/actual")).text


async def test_duty_is_an_order_of_people(town: Town) -> None:
    """First tanaka, then sato; a stranger cannot be put on duty."""
    async with officer(town, "sato") as sato:
        form = hidden(await sato.get("/duty/actual"))
        changed = await sato.post(f"/duty/actual/{ODAWARA}", data=form | {"place-0": "tanaka", "place-1": "sato"})
        assert "1. 田中 次郎" in (await sato.get(changed.headers["location"])).text
        wrong = await sato.post(f"/duty/actual/{FUJISAWA}", data=form | {"place-0": "tanaka"})
        assert wrong.status_code == 400


async def test_a_field_report_is_signed(town: Town) -> None:
    """Written once although the button was pressed twice quickly; decide's key proves who wrote it."""
    async with officer(town, "sato") as sato:
        form = hidden(await sato.get("/report/actual")) | {"area": "1420500", "seen": "slide", "minutes": "10"}
        form |= {"text": "<b>片瀬</b>の斜面が崩れた", "hazard": "flood"}
        sent = await sato.post("/report/actual", data=form)
        page = await sato.get(sent.headers["location"])
        assert "&lt;b&gt;片瀬&lt;/b&gt;の斜面が崩れた" in page.text
    codec, topic = Codec(Report, World.ACTUAL), town.where.name("reports", World.ACTUAL)
    (report,) = [codec.decode(message.value) async for message in read_to_end(town.where, topic)]
    assert is_signed(public_key(town.verify_key), report)
    assert (report.kind, report.hazard, report.officer) == (ReportKind.SLIDE, Hazard.LANDSLIDE, "sato")


async def test_old_links_lead_to_the_residents_pages(town: Town) -> None:
    """The desk has no public pages of its own: what was sent out earlier still finds its order, in its world."""
    await town.publisher.send("orders", FUJISAWA, drill())
    async with client(town) as resident:
        async with officer(town, "sato") as sato:
            await settled(sato, "/api/cases?world=exercise", "order-drill")
        for old, new in (
            ("/public", ""),
            ("/public?lang=en", "en/"),
            ("/public/exercise?lang=xx", "exercise/"),
            ("/public.json?world=exercise", "exercise/orders.json"),
            ("/orders/order-drill?lang=en", "exercise/en/orders/order-drill.html"),
        ):
            assert (await resident.get(old)).headers["location"] == f"https://public.sonae.example/{new}"
        assert (await resident.get("/orders/unknown")).status_code == 404


async def test_what_cannot_be_read_is_shown(town: Town) -> None:
    """Garbage on a topic does not stop the desk: it says that there is something it could not read."""
    async with AIOKafkaProducer(bootstrap_servers=town.where.bootstrap) as stranger:
        await stranger.send_and_wait(town.where.name("detections", World.ACTUAL), b"garbage")
    async with officer(town, "sato") as sato:
        await settled(sato, "/desk/actual", "この画面が読めなかった記録が 1 件")


async def test_without_decide_the_officer_is_told_what_to_do(
    kafka: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """No verdict within five seconds: the decision's number, and what to do, instead of a page that pretends."""
    folder = tmp_path_factory.mktemp("alone")
    async with (
        running_desk(kafka, f"t{uuid.uuid4().hex[:8]}-", folder, decide=False) as alone,
        officer(alone, "sato") as sato,
    ):
        form = hidden(await sato.get("/duty/actual"))
        sent = await sato.post(f"/duty/actual/{ODAWARA}", data=form | {"place-0": "sato"})
        page = await sato.get(sent.headers["location"])
        assert "判定がまだ届いていません" in page.text
        assert "防災行政無線" in page.text
        body = {"world": "actual", "municipality": ODAWARA, "kind": "set_duty", "duty": ["sato"]}
        token = (await sato.get("/api/session")).json()["csrf"]
        answer = await sato.post("/api/decisions", json=body, headers={"X-CSRF-Token": token})
        assert (answer.status_code, answer.json()["verdict"]) == (202, None)


def drill() -> Order:
    """An exercise order in force."""
    now = datetime.now(UTC)
    texts = (Text("ja", "【警戒レベル３】高齢者等避難", "訓練の文"), Text("en", "Alert Level 3", "A drill."))
    return Order(
        "order-drill", 1, World.EXERCISE, Origin.LIVE, FUJISAWA, "藤沢市", "case", Hazard.LANDSLIDE, Action.ISSUE,
        OrderType.ELDERLY_EVACUATION, 3, (), (), texts, True, False, now, now + timedelta(hours=1), ("a", "b"), None,
        None, trace(), now,
    )  # fmt: skip


@asynccontextmanager
async def client(town: Town) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without script that follows nothing by itself."""
    async with httpx.AsyncClient(base_url=town.url, timeout=20, trust_env=False) as made:
        yield made


@asynccontextmanager
async def officer(town: Town, name: str) -> AsyncIterator[httpx.AsyncClient]:
    """The same, signed in through the form."""
    async with client(town) as made:
        fields = hidden(await made.get("/signin")) | {"officer": name, "password": PASSWORD}
        answer = await made.post("/signin", data=fields)
        assert answer.status_code == 303, answer.text
        yield made


def hidden(page: httpx.Response) -> dict[str, str]:
    """The hidden fields of a page's first form of each name."""
    assert page.status_code == 200, page.text
    found: dict[str, str] = {}
    main = page.text[page.text.index("<main") :]
    for name, value in HIDDEN.findall(main):
        found.setdefault(name, value)
    return found


def hidden_csrf(page: httpx.Response) -> dict[str, str]:
    """The token of the page's session."""
    return {"csrf": hidden(page)["csrf"]}


def blanks(page: httpx.Response) -> dict[str, str]:
    """The blanks as the desk suggests them."""
    return dict(re.findall(r'name="(blank\.[^"]+)" value="([^"]*)"', page.text))


def approval(page: httpx.Response) -> dict[str, str]:
    """The approval form of a policy, ticked."""
    form = page.text[page.text.index('class="approve"') :]
    found = dict(reversed(HIDDEN.findall(form[: form.index("</form>")])))
    return found | {"understood": "yes"}


async def settled(browser: httpx.AsyncClient, path: str, words: str) -> None:
    """Ask until the page says it: the desk reads its topics within moments."""
    for _ in range(100):
        if words in (await browser.get(path)).text:
            return
    raise AssertionError(f"{path} never said {words}")
