"""An officer's device: the desk hands a browser's subscription to the real notifier, with its word for whose it is."""

import httpx
import pytest

from local.browser import Browser
from schemas.codec import Codec
from schemas.kafka import read_to_end
from schemas.records.delivered import Subscription
from tests.integration.console_running import PASSWORD, Town, running_desk

pytestmark = pytest.mark.kafka


async def test_a_device_registers_through_the_desk(
    kafka: str, namespace: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The page gets the notifier's key; a subscription ends sealed on the topic; without the token it is refused."""
    folder = tmp_path_factory.mktemp("device")
    async with running_desk(kafka, namespace, folder, decide=False, api=True) as town, _client(town) as sato:
        key = (await sato.get("/device/key")).json()
        assert len(key["public_key"]) == 87, "65 bytes of an uncompressed point in base64url"
        token = (await sato.post("/api/session", json={"officer": "sato", "password": PASSWORD})).json()["csrf"]
        wanted = {"subscription": {"endpoint": "http://127.0.0.1:9/device", "keys": Browser().keys()}, "drills": True}
        assert (await sato.post("/device", json=wanted)).status_code == 403
        answer = await sato.post("/device", json=wanted, headers={"X-CSRF-Token": token})
        assert answer.status_code == 201, answer.text
        topic, codec = town.where.name("subscriptions", None), Codec(Subscription, None)
        (kept,) = [codec.decode(message.value) async for message in read_to_end(town.where, topic)]
        assert kept.subscriber == answer.json()["subscriber"]
        broken = {"subscription": {"endpoint": "http://127.0.0.1:9/device", "keys": {}}}
        refused = await sato.post("/device", json=broken, headers={"X-CSRF-Token": token})
        assert (refused.status_code, "text" in refused.json()) == (400, True)


class _client:  # noqa: N801 -- reads as a phrase in `async with`
    """A signed-in client."""

    def __init__(self, town: Town) -> None:
        self._client = httpx.AsyncClient(base_url=town.url, timeout=20, trust_env=False)

    async def __aenter__(self) -> httpx.AsyncClient:
        answer = await self._client.post("/api/session", json={"officer": "sato", "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return self._client

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()
