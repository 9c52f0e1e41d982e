"""What residents can do at the door beyond subscribing: look, test, move, come back under another key, be forgotten."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from local.devices import Behaviour
from local.pushservice import PushService
from notifier import indexer
from notifier.moved import predecessors, successors
from notifier.pages import LAYOUT, current_generation, index_state, raw_id
from notifier.receipts import receipt_token
from notifier.settings import NotifierSettings
from notifier.store import connect
from notifier.subscriptions import api
from notifier.subscriptions.seal import sealer_of
from notifier.webpush.keys import VapidKey, new_vapid_key
from schemas.kafka import Where, read_to_end
from schemas.records.base import World
from tests.integration.delivery_rig import push_service
from tests.integration.door_rig import answers, door_settings
from tests.integration.notifier_rig import KEY, browser, records, role, until

pytestmark = pytest.mark.kafka


@pytest.fixture
async def settings(kafka: str, redis_url: str, namespace: str, free_port: Callable[[], int]) -> NotifierSettings:
    """A notifier of our own, behind a proxy on this machine."""
    return door_settings(kafka, redis_url, namespace, free_port, trusted_proxy="127.0.0.1", address_rate=25)


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    """A push service that enforces keys."""
    async with push_service() as made:
        yield made


@pytest.fixture
async def door(settings: NotifierSettings) -> AsyncIterator[httpx.AsyncClient]:
    """The running API, with the indexer behind it."""
    async with role(indexer, settings), role(api, settings), _client(settings) as client:
        yield client


@contextlib.asynccontextmanager
async def _client(settings: NotifierSettings) -> AsyncIterator[httpx.AsyncClient]:
    """Of an API that answers, before an index that is complete."""
    redis = connect(settings.redis_url)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings.api_port}", trust_env=False) as client:
        await until(lambda: answers(client), "the API answers")
        await until(lambda: index_state(redis, settings.namespace), "the index is complete")
        yield client
    await redis.aclose()


def _device(service: PushService, key: str, behaviour: Behaviour | None = None) -> dict[str, Any]:
    at = f"{service.address}/push/{{}}".format
    (made,) = service.devices.make(1, key, "", behaviour or Behaviour(), at)
    return made


def _owner(said: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {said['token']}"}


async def _subscribe(door: httpx.AsyncClient, device: dict[str, Any], **more: object) -> dict[str, str]:
    wanted = {"subscription": device["subscription"], "places": ["14205"], "lang": "en"} | more
    answer = await door.post("/subscriptions", json=wanted)
    assert answer.status_code == 201, answer.text
    said: dict[str, str] = answer.json()
    return said


async def test_a_resident_sees_what_we_know_and_nobody_else_does(door: httpx.AsyncClient) -> None:
    """Places with areas and districts, as the page sent them; without the token, or after leaving, nothing."""
    places = {"14205": {"areas": [], "districts": ["片瀬", "鵠沼"]}, "14100": {"areas": ["1410011"]}}
    device = {"subscription": browser("http://127.0.0.1:9/push/a")}
    said = await _subscribe(door, device, places=places, drills=True)
    me = f"/subscriptions/{said['subscriber']}"
    seen = (await door.get(me, headers=_owner(said))).json()
    assert seen["places"] == {
        "14100": {"areas": ["1410011"], "districts": []},
        "14205": {"areas": [], "districts": ["片瀬", "鵠沼"]},
    }
    assert (seen["known"], seen["lang"], seen["drills"]) == (True, "en", True)
    assert (await door.get(me, headers={"Authorization": "Bearer x"})).status_code == 401
    again = await _subscribe(door, device, places=["14204"])
    assert again == said, "the token of a device is stable"
    await door.delete(me, headers=_owner(said))

    async def forgotten() -> bool:
        return (await door.get(me, headers=_owner(said))).status_code == 404

    await until(forgotten, "they are forgotten")


async def test_send_me_a_test(door: httpx.AsyncClient, service: PushService, settings: NotifierSettings) -> None:
    """It arrives, decrypted by the device, marked as a test; a second one within 20 s is refused; a refusal is said."""
    key = VapidKey.of(settings.vapid_key).public_text
    device, gone = _device(service, key), _device(service, key, Behaviour("gone"))
    said, other = await _subscribe(door, device), await _subscribe(door, gone)
    answer = await door.post(f"/subscriptions/{said['subscriber']}/test", headers=_owner(said))
    assert (answer.status_code, answer.json()["status"]) == (200, 201)
    (only,) = service.devices.by_id[device["id"]].browser.screen.values()
    assert only.title.startswith("【試験】TEST")
    second = await door.post(f"/subscriptions/{said['subscriber']}/test", headers=_owner(said))
    assert (second.status_code, second.headers["retry-after"]) == (429, "20")
    refused = await door.post(f"/subscriptions/{other['subscriber']}/test", headers=_owner(other))
    assert (refused.status_code, refused.json()["status"]) == (502, 410)
    stranger = await door.post(f"/subscriptions/{said['subscriber']}/test", headers=_owner(other))
    assert stranger.status_code == 401


async def test_a_new_endpoint_takes_the_old_ones_place(door: httpx.AsyncClient, redis: Redis, namespace: str) -> None:
    """Whoever the browser renames stays one person: the old one is gone, and both can be found from each other."""
    ids = []
    said: dict[str, str] = {}
    for number in range(3):
        more = {"replaces": said} if said else {}
        said = await _subscribe(door, {"subscription": browser(f"http://127.0.0.1:9/push/{number}")}, **more)
        ids.append(said["subscriber"])
        await door.get(f"/subscriptions/{said['subscriber']}", headers=_owner(said))
    first, second, third = ids

    async def followed() -> bool:
        return await successors(redis, namespace, ids) == {first: third, second: third}

    await until(followed, "old ids lead to the newest")
    assert await predecessors(redis, namespace, [third]) == {third: (second, first)}
    thief = {"subscriber": third, "token": "stolen"}
    other = await _subscribe(door, {"subscription": browser("http://127.0.0.1:9/push/thief")}, replaces=thief)
    assert (await door.get(f"/subscriptions/{third}", headers=_owner(said))).status_code == 200
    await door.delete(f"/subscriptions/{third}", headers=_owner(said))

    async def forgotten() -> bool:
        return not await successors(redis, namespace, [second, third, other["subscriber"]])

    await until(forgotten, "who leaves is linked to nobody")


async def test_vapid_keys_change_and_nobody_is_lost(
    settings: NotifierSettings, service: PushService, free_port: Callable[[], int]
) -> None:
    """Who subscribed under the old key is sent to under it, also after a visit; who comes new gets the new key; a
    device that subscribes anew under the new key is sent to under that one."""
    old_key = VapidKey.of(settings.vapid_key)
    before = _device(service, old_key.public_text)
    async with role(indexer, settings), role(api, settings), _client(settings) as door:
        first = await _subscribe(door, before)
        assert (await door.post(f"/subscriptions/{first['subscriber']}/test", headers=_owner(first))).status_code == 200
    rotated = settings.model_copy(
        update={"vapid_key": new_vapid_key(), "vapid_keys_old": settings.vapid_key, "api_port": free_port()}
    )
    new_key = VapidKey.of(rotated.vapid_key)
    async with role(indexer, rotated), role(api, rotated), _client(rotated) as door:
        shown = (await door.get("/vapid")).json()
        assert (shown["key_id"], shown["public_key"]) == (new_key.key_id, new_key.public_text)
        visit = await _subscribe(door, before)
        after = await _subscribe(door, _device(service, new_key.public_text), replaces=visit)
        again = await _subscribe(door, _device(service, old_key.public_text) | before)
        for said, key in ((again, old_key), (after, new_key)):
            answer = await door.post(f"/subscriptions/{said['subscriber']}/test", headers=_owner(said))
            assert (answer.status_code, answer.json()["status"]) == (200, 201), "401 or 403 would be the wrong key"
            known = (await door.get(f"/subscriptions/{said['subscriber']}", headers=_owner(said))).json()
            assert known["key_id"] == key.key_id


async def test_too_many_from_one_address_wait(door: httpx.AsyncClient) -> None:
    """Counted by the visitor's address behind our proxy; others are not held up, nor are honest receipts."""
    crowd = {"X-Forwarded-For": "1.1.1.1, 203.0.113.5"}
    answers = [await door.get("/subscriptions/x", headers=crowd) for _ in range(26)]
    assert [answer.status_code for answer in answers] == [401] * 25 + [429]
    assert (await door.get("/subscriptions/x", headers={"X-Forwarded-For": "203.0.113.6"})).status_code == 401
    token = receipt_token(sealer_of(KEY).receipt_key, World.EXERCISE, "s1", "o1", 2)
    report = {"receipt": token, "id": "o1", "rev": 2, "world": "exercise", "event": "shown"}
    assert (await door.post("/receipts", json=report, headers=crowd)).status_code == 204
    forged = report | {"receipt": "s1.x"}
    refused = [(await door.post("/receipts", json=forged, headers=crowd)).status_code for _ in range(61)]
    assert refused == [401] * 60 + [429]


async def test_the_same_receipt_twice_is_one(door: httpx.AsyncClient, settings: NotifierSettings) -> None:
    """A worker that repeats itself writes nothing more; the device's own time is kept."""
    token = receipt_token(sealer_of(KEY).receipt_key, World.ACTUAL, "s1", "o1", 2)
    report = {"receipt": token, "id": "o1", "rev": 2, "world": "actual", "event": "shown", "at": "2020-01-01T00:00:00Z"}
    for _ in range(3):
        assert (await door.post("/receipts", json=report)).status_code == 204
    (kept,) = await records(Where.of(settings), "receipts", World.ACTUAL)
    assert kept.at.year > 2020, "a clock that contradicts ours is not believed"


async def test_who_leaves_is_erased(
    door: httpx.AsyncClient, redis: Redis, namespace: str, settings: NotifierSettings
) -> None:
    """Nothing of them remains in Redis; in Kafka a tombstone comes after everything of theirs, so compaction erases."""
    said = await _subscribe(door, {"subscription": browser("http://127.0.0.1:9/push/gone")})
    me, name = f"/subscriptions/{said['subscriber']}", raw_id(said["subscriber"])
    assert (await door.get(me, headers=_owner(said))).status_code == 200
    keys = await current_generation(redis, namespace)
    await until(lambda: _holds(redis, keys.namespace, name), "they are in Redis")
    await door.delete(me, headers=_owner(said))

    async def nothing() -> bool:
        return not await _holds(redis, keys.namespace, name)

    await until(nothing, "nothing of them is left in Redis")
    topic = Where.of(settings).name("subscriptions", None)
    left = [
        message
        async for message in read_to_end(Where.of(settings), topic)
        if message.key == said["subscriber"].encode()
    ]
    assert left[-1].value is None


async def _holds(redis: Redis, namespace: str, name: bytes) -> bool:
    """Whether any key of Redis under this namespace, but the planner's hints, has these bytes in it."""
    async for key in redis.scan_iter(match=f"{namespace}{LAYOUT}:*"):
        if key.endswith(b":changes"):
            continue
        if name in (await redis.dump(key) or b"") or (
            await redis.type(key) == b"hash" and await redis.hexists(key, name)
        ):
            return True
    return False


async def test_nothing_personal_is_logged(
    settings: NotifierSettings, service: PushService, capsys: pytest.CaptureFixture[str]
) -> None:
    """A whole visit, refusals included: no endpoint, key, id, token, place or address in the log or the metrics."""
    device = _device(service, VapidKey.of(settings.vapid_key).public_text)
    address = "203.0.113.77"
    async with role(indexer, settings), role(api, settings), _client(settings) as door:
        door.headers["X-Forwarded-For"] = address
        said = await _subscribe(door, device)
        me = f"/subscriptions/{said['subscriber']}"
        await door.post(f"{me}/test", headers=_owner(said))
        await door.post("/subscriptions", json={"subscription": device["subscription"], "places": ["99999"]})
        await door.post("/subscriptions", content=json.dumps(device["subscription"]))
        metrics = (await door.get("/metrics")).text
        await door.delete(me, headers=_owner(said))
        await asyncio.sleep(0)
    told = capsys.readouterr()
    log = told.out + told.err + metrics
    assert "subscribed" in log
    assert "left" in log
    keys = device["subscription"]["keys"]
    secrets = [device["subscription"]["endpoint"], *keys.values(), *said.values(), address, "14205"]
    assert [secret for secret in secrets if secret in log] == []
