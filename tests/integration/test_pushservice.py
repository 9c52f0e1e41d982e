"""The virtual push service: as strict as RFC 8030, 8291 and 8292, and as unkind as it is told to be."""

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pywebpush
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

from local.devices import Behaviour
from local.pushservice import PushService
from notifier.render import render_order
from notifier.webpush.encrypt import Receiver, encrypt
from notifier.webpush.keys import VapidKey, VapidTokens, from_b64url, new_vapid_key
from schemas.process.clock import now_utc
from tests.deliveries import an_order
from tests.integration.delivery_rig import push_service

KEY = VapidKey.of(new_vapid_key())
TOKENS = VapidTokens(KEY, "mailto:desk@city.example.jp")
PAYLOAD = render_order(an_order(), "ja", "https://sonae.example.jp/").payload(None)


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with push_service() as running:
        yield running


@pytest.fixture
async def http(service: PushService) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=service.address, trust_env=False, timeout=10) as client:
        yield client


async def device(http: httpx.AsyncClient, **behaviour: Any) -> dict[str, Any]:
    wish = {"count": 1, "application_key": KEY.public_text, "label": "t", "behaviour": behaviour}
    (made,) = (await http.post("/devices", json=wish)).json()
    found: dict[str, Any] = made["subscription"] | {"id": made["id"]}
    return found


def body_for(subscription: dict[str, Any], payload: bytes = PAYLOAD) -> bytes:
    return encrypt(Receiver.of(subscription["keys"]["p256dh"], subscription["keys"]["auth"]), payload)


def headers(service: PushService, **changed: str) -> dict[str, str]:
    usual = {
        "Authorization": TOKENS.authorization(service.address, now_utc()),
        "TTL": "60",
        "Content-Encoding": "aes128gcm",
        "Topic": "t1",
    }
    return {name: value for name, value in (usual | changed).items() if value}


async def test_a_push_is_decrypted_and_shown(service: PushService, http: httpx.AsyncClient) -> None:
    """201 with Location and TTL (RFC 8030 §5); the words are on the screen."""
    subscription = await device(http)
    answer = await http.post(subscription["endpoint"], headers=headers(service), content=body_for(subscription))
    assert (answer.status_code, answer.headers["ttl"]) == (201, "60")
    assert answer.headers["location"].startswith(service.address)
    (shown,) = (await http.get(f"/devices/{subscription['id']}")).json()["shown"]
    assert (shown["title"], shown["rev"], shown["level"]) == ("藤沢市 避難指示", 1, 4)


@pytest.mark.parametrize("declarative", [True, False])
async def test_a_declarative_push_shows_the_same(
    service: PushService, http: httpx.AsyncClient, declarative: bool
) -> None:
    """Safari's form and the plain one."""
    subscription = await device(http)
    payload = render_order(an_order(), "en", "https://sonae.example.jp/", declarative).payload("r")
    await http.post(subscription["endpoint"], headers=headers(service), content=body_for(subscription, payload))
    (shown,) = (await http.get(f"/devices/{subscription['id']}")).json()["shown"]
    assert (shown["title"], shown["lang"], shown["receipt"]) == ("Fujisawa City: Evacuation Order", "en", "r")


async def test_another_sender_is_understood(http: httpx.AsyncClient) -> None:
    """pywebpush, whose encryption and VAPID are not ours."""
    subscription = await device(http)
    signer = Vapid02(KEY.private)
    answer = await asyncio.to_thread(
        pywebpush.webpush,
        subscription,
        PAYLOAD,
        vapid_private_key=signer,
        vapid_claims={"sub": "mailto:desk@city.example.jp"},
        ttl=60,
        timeout=5,
    )
    assert answer.status_code == 201
    assert len((await http.get(f"/devices/{subscription['id']}")).json()["shown"]) == 1


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"TTL": ""}, 400),
        ({"TTL": "soon"}, 400),
        ({"TTL": "-1"}, 400),
        ({"Content-Encoding": "aesgcm"}, 400),
        ({"Topic": "x" * 33}, 400),
        ({"Topic": "a/b"}, 400),
        ({"Urgency": "panic"}, 400),
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer abc"}, 401),
        ({"Authorization": "vapid t=a.b.c,k=AAAA"}, 403),
    ],
)
async def test_a_malformed_request_is_refused(
    service: PushService, http: httpx.AsyncClient, changed: dict[str, str], status: int
) -> None:
    """Each header has its rule."""
    subscription = await device(http)
    sent = headers(service, **changed)
    assert (
        await http.post(subscription["endpoint"], headers=sent, content=body_for(subscription))
    ).status_code == status


async def test_a_token_for_somebody_else_or_of_another_time_or_key_is_refused(
    service: PushService, http: httpx.AsyncClient
) -> None:
    """RFC 8292 §4.2: wrong audience, expired, more than 24 hours, not the key of this subscription."""
    subscription = await device(http)
    other = VapidTokens(VapidKey.of(new_vapid_key()), "mailto:desk@city.example.jp")
    now = now_utc()
    tokens = [
        TOKENS.authorization("https://push.example", now),
        VapidTokens(KEY, "mailto:desk@city.example.jp").authorization(service.address, now - timedelta(days=1)),
        VapidTokens(KEY, "mailto:desk@city.example.jp").authorization(service.address, now + timedelta(days=1)),
        other.authorization(service.address, now),
        headers(service)["Authorization"].replace("t=ey", "t=ez"),
    ]
    for token in tokens:
        sent = headers(service, Authorization=token)
        answer = await http.post(subscription["endpoint"], headers=sent, content=body_for(subscription))
        assert answer.status_code == 403, token


async def test_more_than_4096_bytes_are_too_many(service: PushService, http: httpx.AsyncClient) -> None:
    """Exactly 4,096 may not be refused (RFC 8030 §7.2)."""
    subscription = await device(http)
    for size, status in ((4096, 201), (4097, 413)):
        answer = await http.post(subscription["endpoint"], headers=headers(service), content=b"x" * size)
        assert answer.status_code == status


async def test_what_cannot_be_decrypted_is_accepted_but_never_shown(
    service: PushService, http: httpx.AsyncClient
) -> None:
    """A push service cannot know; the browser drops it."""
    subscription = await device(http)
    body = bytearray(body_for(subscription))
    body[-1] ^= 1
    answer = await http.post(subscription["endpoint"], headers=headers(service), content=bytes(body))
    assert answer.status_code == 201
    view = (await http.get(f"/devices/{subscription['id']}")).json()
    assert (view["shown"], len(view["unreadable"])) == ([], 1)


@pytest.mark.parametrize(
    ("kind", "status"), [("not_found", 404), ("gone", 410), ("too_large", 413), ("unavailable", 503), ("broken", 500)]
)
async def test_a_device_answers_as_it_is_told(
    service: PushService, http: httpx.AsyncClient, kind: str, status: int
) -> None:
    """For every request, without a number of times."""
    subscription = await device(http, kind=kind)
    for _ in range(2):
        answer = await http.post(subscription["endpoint"], headers=headers(service), content=body_for(subscription))
        assert answer.status_code == status


async def test_a_behaviour_can_end_and_can_be_changed(service: PushService, http: httpx.AsyncClient) -> None:
    """429 twice with Retry-After, then 201; then told to be gone."""
    subscription = await device(http, kind="throttle", times=2, retry_after="7")
    endpoint, sent = subscription["endpoint"], headers(service)
    answers = [await http.post(endpoint, headers=sent, content=body_for(subscription)) for _ in range(3)]
    assert [(one.status_code, one.headers.get("retry-after")) for one in answers] == [
        (429, "7"),
        (429, "7"),
        (201, None),
    ]
    await http.patch(f"/devices/{subscription['id']}", json={"behaviour": {"kind": "gone"}})
    assert (await http.post(endpoint, headers=sent, content=body_for(subscription))).status_code == 410


async def test_an_unknown_behaviour_is_refused(http: httpx.AsyncClient) -> None:
    """A typing slip must not make a test of nothing."""
    answer = await http.post("/devices", json={"count": 1, "behaviour": {"kind": "hangs"}})
    assert answer.status_code == 422
    assert "hang" in answer.json()["error"]


async def test_a_device_that_hangs_says_nothing(service: PushService, http: httpx.AsyncClient) -> None:
    """Until the sender gives up; it is counted."""
    subscription = await device(http, kind="hang")
    with pytest.raises(httpx.ReadTimeout):
        await http.post(subscription["endpoint"], headers=headers(service), content=body_for(subscription), timeout=0.3)
    (news,) = (await http.get("/pushes", params={"after": 0, "wait": 5})).json()
    assert news["status"] == 504


async def test_an_offline_device_gets_the_last_of_each_topic_unless_it_expired(
    service: PushService, http: httpx.AsyncClient
) -> None:
    """Same topic: replaced; another: kept; TTL 0: dropped (RFC 8030 §5.2, §5.4)."""
    subscription = await device(http)
    path = f"/devices/{subscription['id']}"
    await http.patch(path, json={"online": False})
    for order, topic, ttl in (("a", "ta", "60"), ("b", "tb", "60"), ("c", "tc", "0")):
        for revision in (1, 2):
            letter = render_order(an_order(id=order, revision=revision), "ja", "https://sonae.example.jp/")
            sent = headers(service, Topic=topic, TTL=ttl)
            await http.post(
                subscription["endpoint"], headers=sent, content=body_for(subscription, letter.payload(None))
            )
    assert (await http.get(path)).json()["waiting"] == 2
    view = (await http.patch(path, json={"online": True})).json()
    assert [(shown["id"], shown["rev"]) for shown in view["shown"]] == [("a", 2), ("b", 2)]
    assert view["rang"] == 2


async def test_a_screen_keeps_the_newest_revision_whatever_comes_after(
    service: PushService, http: httpx.AsyncClient
) -> None:
    """As the service worker does: a repeat and an older revision are counted and not shown."""
    subscription = await device(http)
    for revision in (2, 2, 1, 3):
        letter = render_order(an_order(revision=revision), "ja", "https://sonae.example.jp/")
        await http.post(
            subscription["endpoint"], headers=headers(service), content=body_for(subscription, letter.payload(None))
        )
    view = (await http.get(f"/devices/{subscription['id']}")).json()
    assert [shown["rev"] for shown in view["shown"]] == [3]
    assert (view["rang"], view["repeats"], view["stale"]) == (2, 1, 1)
    counts = (await http.get("/counts")).json()
    assert (counts["devices"], counts["showing"], counts["answers"]) == (1, 1, {"201": 4})


async def test_nobody_answers_for_a_device_that_is_not_there(service: PushService, http: httpx.AsyncClient) -> None:
    """404, as for a subscription that was never made."""
    assert (await http.post("/push/nobody", headers=headers(service), content=b"")).status_code == 404


def test_the_devices_keys_are_a_browsers() -> None:
    """An uncompressed point on P-256 and 16 bytes."""
    service = PushService("http://127.0.0.1:1")
    made = service.devices.make(3, None, "", Behaviour(), "x/{}".format)
    for one in made:
        point = from_b64url(one["subscription"]["keys"]["p256dh"])
        assert ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        assert len(base64.urlsafe_b64decode(one["subscription"]["keys"]["auth"] + "==")) == 16
