"""From a browser's request to a page in Redis: the API and the indexer on a real Kafka and a real Redis."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import httpx
import pytest
from redis.asyncio import Redis

from notifier import indexer
from notifier.entries import Entry
from notifier.matches import read_matches_of
from notifier.pages import current_generation
from notifier.plan import Match
from notifier.receipts import receipt_token
from notifier.recipients import read_entries
from notifier.settings import NotifierSettings
from notifier.subscriptions import api
from notifier.subscriptions.seal import sealer_of
from schemas.kafka import Where
from schemas.process.clock import now_utc
from schemas.records.base import World
from schemas.signing import new_key_pair, private_key, ticket
from tests.integration.door_rig import answers, door_settings
from tests.integration.index_rig import OPENER
from tests.integration.notifier_rig import KEY, browser, records, role, until

pytestmark = pytest.mark.kafka
SIGNING, VERIFY = new_key_pair()
PAGE = "https://sonae.example.jp"


@pytest.fixture
async def settings(kafka: str, redis_url: str, namespace: str, free_port: Callable[[], int]) -> NotifierSettings:
    """A notifier of our own."""
    return door_settings(kafka, redis_url, namespace, free_port, verify_key=VERIFY, cors_origins=PAGE)


@pytest.fixture
async def door(settings: NotifierSettings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the running API, with the indexer behind it."""
    client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings.api_port}", trust_env=False)
    async with role(api, settings), role(indexer, settings), client:
        await until(lambda: answers(client), "the API answers")
        yield client


def _request(endpoint: str, places: list[str], **more: object) -> dict[str, object]:
    return {"subscription": browser(endpoint), "places": places, "lang": "en", "drills": True, **more}


async def _page(redis: Redis, namespace: str, place: str, subscriber: str) -> Match | None:
    """What the subscriber wants in a place, as planners read it."""
    try:
        found = await read_matches_of(redis, await current_generation(redis, namespace), place, [subscriber])
    except LookupError:
        return None
    return next((members[subscriber] for members in found.values()), None)


async def _entry(redis: Redis, namespace: str, subscriber: str) -> Entry:
    """As workers read it."""
    found = (await read_entries(redis, OPENER, namespace, [subscriber]))[subscriber]
    assert isinstance(found, Entry)
    return found


async def test_a_browser_subscribes_moves_and_leaves(
    door: httpx.AsyncClient, redis: Redis, namespace: str, settings: NotifierSettings
) -> None:
    """A device lies in the pages of exactly the places it last named, and in none once it left."""
    wanted = _request("http://127.0.0.1:9/push/a", ["14205", "1410011"])
    answer = await door.post("/subscriptions", json=wanted)
    assert answer.status_code == 201
    who = answer.json()["subscriber"]
    fujisawa = await until(lambda: _page(redis, namespace, "14205", who), "the page of Fujisawa")
    yokohama = await until(lambda: _page(redis, namespace, "14100", who), "the page of Yokohama")
    assert (fujisawa.areas, yokohama.areas) == ((), ("1410011",))
    entry = await _entry(redis, namespace, who)
    assert (entry.endpoint, entry.kind.lang, entry.kind.drills) == ("http://127.0.0.1:9/push/a", "en", True)

    await door.post("/subscriptions", json=wanted | {"places": ["14204"]})
    await until(lambda: _page(redis, namespace, "14204", who), "the page of Kamakura")
    assert await _page(redis, namespace, "14205", who) is None

    refused = await door.delete(f"/subscriptions/{who}", headers={"Authorization": "Bearer no"})
    assert (refused.status_code, refused.json()["code"]) == (401, "token_wrong")
    left = await door.delete(f"/subscriptions/{who}", headers={"Authorization": f"Bearer {answer.json()['token']}"})
    assert left.status_code == 204
    await until(lambda: _is_gone(redis, namespace, who), "nobody in Kamakura")
    sealed = [record.sealed for record in await records(Where.of(settings), "subscriptions", None)]
    assert b"127.0.0.1" not in b"".join(sealed)


async def _is_gone(redis: Redis, namespace: str, who: str) -> bool:
    return await _page(redis, namespace, "14204", who) is None


async def test_an_officers_device_needs_the_desks_ticket(door: httpx.AsyncClient, redis: Redis, namespace: str) -> None:
    """Only a device that the desk vouched for is reached by calls, and no order is planned for it."""
    pass_ = ticket(private_key(SIGNING), "sato", now_utc() + timedelta(minutes=5))
    answer = await door.post("/subscriptions", json=_request("http://127.0.0.1:9/push/o", ["14205"], ticket=pass_))
    who = answer.json()["subscriber"]
    await until(lambda: _page(redis, namespace, "officer:sato", who), "the officer's page")
    assert await _page(redis, namespace, "officers:14205", who) is not None
    assert await _page(redis, namespace, "14205", who) is None
    forged = await door.post("/subscriptions", json=_request("http://127.0.0.1:9/push/p", ["14205"], ticket="x.y"))
    assert (forged.status_code, forged.json()["code"]) == (403, "ticket_wrong")


async def test_the_door_stays_shut(door: httpx.AsyncClient) -> None:
    """What is too large, not JSON or not ours is answered with a code and a sentence, and never with a 500."""
    large = await door.post("/subscriptions", content=b"{" + b" " * 9000 + b"}")
    assert (large.status_code, large.json()["code"]) == (413, "too_large")
    nonsense = await door.post("/subscriptions", content=b"\xff\x00")
    assert (nonsense.status_code, nonsense.json()["code"]) == (400, "not_json")
    metadata = await door.post("/subscriptions", json=_request("https://169.254.169.254/latest", ["14205"]))
    assert (metadata.status_code, metadata.json()["code"]) == (400, "endpoint_address")
    many = [await door.post("/subscriptions", json=_request("http://127.0.0.1:9/push/m", ["14205"])) for _ in range(21)]
    assert (many[-1].status_code, many[-1].headers["retry-after"]) == (429, "60")


async def test_the_desk_sees_that_they_live(door: httpx.AsyncClient, settings: NotifierSettings) -> None:
    """Each role beats, and says what does not answer; the pages for operators answer, too."""

    async def beats() -> set[tuple[str, str]]:
        found = {(one.source, one.state) for one in await records(Where.of(settings), "heartbeats", None)}
        return found if len({source for source, _ in found}) == 2 else set()

    assert {source for source, _ in await until(beats, "two heartbeats")} == {"notifier-api-0", "notifier-index-0"}
    assert b"push_subscriptions" in (await door.get("/metrics")).content
    assert (await door.get("/healthz")).json()["ok"] is True


async def test_only_pages_of_ours_may_ask(door: httpx.AsyncClient) -> None:
    """A browser is told that the page may read the answer only where the page's origin is ours."""
    ours = await door.get("/vapid", headers={"Origin": PAGE})
    assert ours.headers["access-control-allow-origin"] == PAGE
    assert set(ours.json()) == {"public_key", "key_id"}
    theirs = await door.get("/vapid", headers={"Origin": "https://example.com"})
    assert "access-control-allow-origin" not in theirs.headers


async def test_a_receipt_needs_the_pushs_own_token(door: httpx.AsyncClient, settings: NotifierSettings) -> None:
    """A device that got a push reports it once; nobody can report for another order, revision or world."""
    token = receipt_token(sealer_of(KEY).receipt_key, World.EXERCISE, "s" * 22, "order-1", 2)
    said = {"receipt": token, "id": "order-1", "rev": 2, "world": "exercise", "event": "shown"}
    assert (await door.post("/receipts", content=json.dumps(said))).status_code == 204
    for lie in ({"rev": 3}, {"world": "actual"}, {"id": "order-2"}, {"receipt": "t" + token[1:]}):
        assert (await door.post("/receipts", json=said | lie)).status_code == 401
    assert (await door.post("/receipts", json=said | {"event": "ate"})).status_code == 400
    (receipt,) = await records(Where.of(settings), "receipts", World.EXERCISE)
    assert (receipt.subscriber, receipt.order_id, receipt.event) == ("s" * 22, "order-1", "shown")
