"""The desk's JSON door on a real Kafka with the real *decide*: two people order, and one alone cannot."""

import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from schemas.codec import Codec
from schemas.kafka import read_to_end
from schemas.records.base import Hazard, Origin, World
from schemas.records.decided import LANGUAGES, Decision
from schemas.signing import is_signed, public_key
from tests.integration.console_running import ODAWARA, PASSWORD, Town, recommendation, running_desk

pytestmark = [pytest.mark.kafka, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """A desk and its decide."""
    async with running_desk(kafka, f"t{uuid.uuid4().hex[:8]}-", tmp_path_factory.mktemp("desk")) as running:
        yield running


async def test_two_officers_order_and_one_cannot(town: Town) -> None:
    """A proposes and submits, A's own approval is refused, B's is an order in force at the level called for."""
    await town.publisher.send("recommendations", ODAWARA, recommendation(ODAWARA, 1, Hazard.LANDSLIDE, 4))
    async with signed_in(town, "sato") as sato, signed_in(town, "suzuki") as suzuki:
        drafted = await decide(sato, kind="propose", hazard="landslide", proposal={})
        assert drafted["verdict"]["accepted"], drafted
        proposal = drafted["verdict"]["case"]["proposal"]
        assert (proposal["order_type"], proposal["level"], proposal["areas"]) == ("evacuation_order", 4, [])
        assert [text["lang"] for text in proposal["texts"]] == list(LANGUAGES)

        case = {"case_id": drafted["verdict"]["case"]["id"], "digest": drafted["verdict"]["case"]["digest"]}
        assert (await decide(sato, kind="submit", **case))["verdict"]["accepted"]
        own = await decide(sato, 409, kind="approve", **case)
        assert (own["verdict"]["accepted"], own["verdict"]["code"]) == (False, "same_person")
        approved = await decide(suzuki, kind="approve", **case)
        assert approved["verdict"]["case"]["in_force"]

        seen = (await suzuki.get("/api/cases")).json()
        assert [order["level"] for order in seen["orders_in_force"]] == [4]


async def test_what_is_written_is_signed_and_says_what_it_rests_on(town: Town) -> None:
    """Every decision carries the console's signature; on a replayed recommendation it is a replay itself."""
    replayed = recommendation(ODAWARA, 3, Hazard.STORM_SURGE, 3, origin=Origin.REPLAY)
    await town.publisher.send("recommendations", ODAWARA, replayed)
    async with signed_in(town, "sato") as sato:
        asked = await decide(sato, kind="propose", hazard="storm_surge", proposal={})
    codec, topic = Codec(Decision, World.ACTUAL), town.where.name("decisions", World.ACTUAL)
    written = [codec.decode(message.value) async for message in read_to_end(town.where, topic)]
    assert all(is_signed(public_key(town.verify_key), decision) for decision in written)
    assert [d.origin for d in written if d.id == asked["decision_id"]] == [Origin.REPLAY]


async def test_the_same_nonce_is_one_decision(town: Town) -> None:
    """A double click gives the first answer again: the same decision, the same case."""
    await town.publisher.send("recommendations", ODAWARA, recommendation(ODAWARA, 4, Hazard.HEAVY_RAIN, 3))
    async with signed_in(town, "sato") as sato:
        wish: dict[str, Any] = {"kind": "propose", "hazard": "heavy_rain", "proposal": {}, "nonce": "pressed-twice"}
        first, again = await decide(sato, **wish), await decide(sato, **wish)
        assert first["decision_id"] == again["decision_id"]
        assert first["verdict"] == again["verdict"]


async def test_doors_that_stay_shut(town: Town) -> None:
    """Without a session, without the form's token, in another's town hall, or without a reason, nothing is decided."""
    async with httpx.AsyncClient(base_url=town.url, trust_env=False) as stranger:
        assert (await stranger.get("/api/cases")).status_code == 401
        wrong = await stranger.post("/api/session", json={"officer": "sato", "password": "guess"})
        assert wrong.status_code == 401
    async with signed_in(town, "tanaka") as tanaka:
        body = {"world": "actual", "municipality": ODAWARA, "kind": "acknowledge", "call_id": "x"}
        forged = await tanaka.post("/api/decisions", json=body, headers={"X-CSRF-Token": "guess"})
        assert forged.status_code == 403
        elsewhere = await tanaka.post("/api/decisions", json=body | {"municipality": "14205"})
        assert elsewhere.status_code == 404
        not_author = await tanaka.post("/api/decisions", json=body | {"kind": "submit"})
        assert not_author.status_code == 403
        silent = await tanaka.post("/api/decisions", json=body | {"kind": "reject"})
        assert silent.status_code == 400


class signed_in:  # noqa: N801 -- reads as a phrase in `async with`
    """A client with an officer's session and token."""

    def __init__(self, town: Town, officer: str) -> None:
        self._officer = officer
        self._client = httpx.AsyncClient(base_url=town.url, timeout=20, trust_env=False)

    async def __aenter__(self) -> httpx.AsyncClient:
        answer = await self._client.post("/api/session", json={"officer": self._officer, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        self._client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        return self._client

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()


async def decide(client: httpx.AsyncClient, expected: int = 200, **asked: Any) -> dict[str, Any]:
    """A decision for Odawara, and its answer."""
    answer = await client.post("/api/decisions", json={"world": "actual", "municipality": ODAWARA, **asked})
    assert answer.status_code == expected, answer.text
    found: dict[str, Any] = answer.json()
    return found
