"""A town hall for a measurement: two officers, a signed policy, a few devices; it answers calls and lifts orders."""

import asyncio
from dataclasses import dataclass
from typing import Any

from bench.storm import BEGIN
from local.crowd import Crowd
from local.hands import Hands
from local.system import System
from schemas.records.base import Hazard, OrderType, content_id
from schemas.records.decided import DecisionKind, Policy, Text, Verdict
from schemas.signing import digest_of

AT_ONCE = 6
RULE = "LS-4a"


class Refused(RuntimeError):
    """An officer's step was refused: the measurement cannot go on."""


@dataclass(frozen=True, slots=True)
class TownHall:
    """One municipality with its author and its approver at the desk."""

    code: str
    author: Hands
    approver: Hands

    async def prepare(self, crowd: Crowd, devices: int) -> None:
        """Duty, a policy signed by both, the author's device, and residents' devices."""
        duty = [self.author.officer, self.approver.officer]
        await _do(self.author, DecisionKind.SET_DUTY, duty=duty)
        policy = policy_of(self.code)
        await _do(self.author, DecisionKind.SIGN_POLICY, policy=policy)
        await _do(self.approver, DecisionKind.APPROVE_POLICY, policy_id=policy.id, digest=digest_of(policy))
        await crowd.officer(self.author.officer, self.code, await self.author.ticket())
        await crowd.settle(self.code, devices)

    async def acknowledge(self, call_id: str) -> bool:
        """The author is awake. False if another call took this one's place meanwhile."""
        return (await self.author.decide(DecisionKind.ACKNOWLEDGE, call_id=call_id)).accepted

    async def lift(self) -> str:
        """Propose, submit and approve the lift; the order's id."""
        wish = {"action": "lift"}
        drafted = await _do(self.author, DecisionKind.PROPOSE, hazard=Hazard.LANDSLIDE, proposal=wish)
        assert drafted.case
        step = {"hazard": Hazard.LANDSLIDE, "case_id": drafted.case.id, "digest": drafted.case.digest}
        await _do(self.author, DecisionKind.SUBMIT, **step)
        lifted = await _do(self.approver, DecisionKind.APPROVE, **step)
        assert lifted.case
        return str(lifted.case.order_id)

    async def close(self) -> None:
        """Close both officers' connections."""
        await asyncio.gather(self.author.close(), self.approver.close())


async def open_town_halls(system: System, crowd: Crowd, devices: int) -> dict[str, TownHall]:
    """Every municipality of the system with officers signed in, prepared, by code."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(code: str, short: str) -> TownHall:
        async with gate:
            desk, password = system.url("console"), system.people.password
            hands = [await Hands.sign_in(desk, f"{short}-{letter}", code, password) for letter in ("a", "b")]
            hall = TownHall(code, *hands)
            await hall.prepare(crowd, devices)
            return hall

    async with asyncio.TaskGroup() as group:
        opening = [group.create_task(one(code, short)) for code, short in system.wanted.towns.items()]
    return {(hall := opened.result()).code: hall for opened in opening}


def policy_of(code: str) -> Policy:
    """Level 4 by the landslide telegram, anywhere in the municipality: 避難指示 for all of it."""
    texts = (
        Text(
            "ja",
            "【警戒レベル４ 避難指示】",
            "計測用の電文です。崖の近くにいる人は全員、安全な場所へ避難してください。",
        ),
        Text(
            "ja-easy", "【レベル４】みんな にげてください", "計測（けいそく）の 文（ぶん）です。みんな にげてください。"
        ),
        Text("en", "[Level 4 Evacuation order]", "A measurement. Everyone near cliffs: leave now for a safe place."),
    )
    return Policy(
        id=content_id("policy", code, RULE),
        municipality=code,
        hazard=Hazard.LANDSLIDE,
        rules=(RULE,),
        areas=(),
        order_type=OrderType.EVACUATION_ORDER,
        level=4,
        districts=(),
        texts=texts,
        deliver_minutes=30,
        valid_until=BEGIN.replace(year=BEGIN.year + 1),
        note="for a measurement",
    )


async def _do(hands: Hands, kind: DecisionKind, **words: Any) -> Verdict:
    verdict = await hands.decide(kind, **words)
    if not verdict.accepted:
        raise Refused(f"{hands.officer}, {kind}: {verdict.code}: {verdict.text}")
    return verdict
